"""Finds and reads the files of a manifest: what comes back is text, or what is wrong with a file."""

from __future__ import annotations

import codecs
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from papaya.bounded_file import LARGEST as LARGEST_FILE
from papaya.bounded_file import OTHER_MARKS, UnusableFile, read_bytes
from papaya.conflicts import CONFLICT, CONFLICT_REMEDY, conflict_in
from papaya.counting import first_of
from papaya.diagnostics import Diagnostic, Mark

STANDARD_INPUT = Path("-")
TEMPLATE = ".j2"
_MANIFESTS = (".yaml", ".yml", ".yaml.j2", ".yml.j2")
_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8"), *OTHER_MARKS)
# A file that papaya keeps beside a manifest is no part of it.
_LOCK = ".lock.yaml"
_OF_FLEET = tuple(f"fleet{suffix}" for suffix in _MANIFESTS)
_FOLDER = "manifests"
_NAMED_FOLDERS = 6
_TABLES = (".csv", ".tsv", ".txt")
# What Excel writes, whatever the file is called.
_WORKBOOKS = (
    (b"PK\x03\x04", ("this is an Excel workbook, not text", "name it *.xlsx, or save it as CSV UTF-8")),
    (b"\xd0\xcf\x11\xe0", ("this is an old Excel workbook, not text", "save it as .xlsx, or as CSV UTF-8")),
)
_LAST_OF_ASCII = 127
# What tables in Western European languages hold beside letters.
_USUAL = frozenset("€°§²³±µ«»–—‘’“”„…´·½¼ \xa0")


def default_paths() -> tuple[Path, ...]:
    """Return the folder that is meant when no path is named: one with a fleet.yaml, else `manifests`.

    It is read whole, as when it is named: a part of the fleet is no fleet, and the rest would be deleted.
    """
    if any(Path(name).exists() for name in _OF_FLEET):
        return (Path(),)
    return (Path(_FOLDER),) if Path(_FOLDER).exists() else ()


def is_manifest(word: str) -> bool:
    """Return whether an argument names a manifest; any other word names a device, a place or a pattern.

    A word names a manifest if a file or folder has that name, if it is written as a path (`./x`,
    `/etc/papaya/x`), or if it ends like a manifest or a saved plan. `-` is standard input.
    """
    if word in ("-", ".", "..") or word.endswith((*_MANIFESTS, ".json")):
        return True
    is_path = word.startswith(("./", "../", "~/")) or (word.startswith("/") and word.count("/") > 1)
    try:
        return is_path or Path(word).exists()
    except (OSError, ValueError):
        return False


def find_files(paths: Sequence[Path], *, besides: Sequence[Path] = ()) -> tuple[list[Path], list[Diagnostic]]:
    """Return the files that paths mean, each once; a folder means the manifests directly in it.

    `besides` are files that a folder does not mean, though they look like manifests: those of variables.
    """
    left_out = {os.path.realpath(path) for path in besides}
    files: dict[str, Path] = {}
    faults: list[Diagnostic] = []
    for path in paths:
        try:
            if path.is_dir():
                found = [file for file in _manifests_in(path) if os.path.realpath(file) not in left_out]
            else:
                found = [path]
        except OSError as error:
            faults.append(_about(path, f"the folder cannot be read: {_reason(error)}"))
            continue
        if not found:
            faults.append(_empty_folder(path))
        for file in found:
            files.setdefault(os.path.realpath(file), file)
    return list(files.values()), faults


def belongs_to(path: Path, paths: Sequence[Path]) -> bool:
    """Return whether a file is one of those that paths mean, or would be one if it existed."""
    target = Path(os.path.realpath(path))
    for named in paths:
        if named.is_dir():
            if target.parent == Path(os.path.realpath(named)) and _is_manifest_of_folder(target):
                return True
        elif target == Path(os.path.realpath(named)):
            return True
    return False


def read_file(path: Path, *, encoding: str | None = None) -> str | Diagnostic:
    """Return the text of a file, or why there is none; `encoding` is that of a file that is not UTF-8."""
    try:
        if path == STANDARD_INPUT:
            data = sys.stdin.buffer.read(LARGEST_FILE + 1)
            if len(data) > LARGEST_FILE:
                raise UnusableFile(f"it is larger than {LARGEST_FILE // 1024 // 1024} MiB")
        else:
            data = read_bytes(path)
    except FileNotFoundError:
        if path.is_symlink():
            return _about(path, f"it is a link to {path.readlink()}, which is not there", "correct the link")
        near = "" if path.parent.is_dir() else f"there is no folder {path.parent}, either"
        return _about(path, "there is no such file or folder", near or "check the path")
    except UnusableFile as error:
        reason = error.strerror or ""
        if "larger" in reason:
            remedy = "write devices as rows of a CSV file, or split the fleet"
            return _about(path, reason.replace("it is", "the file is", 1), remedy)
        return _about(path, "this is no file", f"{reason}: name a file or a folder")
    except OSError as error:
        return _about(path, f"the file cannot be read: {_reason(error)}")
    text = _decode(path, data, encoding)
    found = conflict_in(text) if isinstance(text, str) else None
    return text if found is None else _about(path, CONFLICT, CONFLICT_REMEDY, found - 1)


def name_of(path: Path) -> str:
    """Return what a file is called in diagnostics."""
    return "<stdin>" if path == STANDARD_INPUT else str(path)


def _manifests_in(folder: Path) -> list[Path]:
    entries = sorted(folder.iterdir())
    return [entry for entry in entries if _is_manifest_of_folder(entry) and not entry.is_dir()]


def _is_manifest_of_folder(path: Path) -> bool:
    return path.name.endswith(_MANIFESTS) and not path.name.startswith(".") and not path.name.endswith(_LOCK)


def _empty_folder(folder: Path) -> Diagnostic:
    try:
        below = sorted(entry for entry in folder.iterdir() if entry.is_dir() and _manifests_in(entry))
    except OSError:
        below = []
    if below:
        named = first_of([str(entry) for entry in below], _NAMED_FOLDERS)
        return _about(folder, "there is no manifest in this folder", f"name one of those below: {named}")
    return _about(
        folder,
        "there is no manifest in this folder",
        f"`papaya init {shlex.quote(str(folder / 'fleet.yaml'))}` writes one",
    )


def _is_bare_utf_16(data: bytes) -> bool:
    """Return whether every other byte of the beginning is 0, as in UTF-16 of what manifests begin with."""
    begin = data[:64]
    halves = begin[::2], begin[1::2]
    return len(begin) >= 16 and any(not any(half) for half in halves) and all(map(len, halves))


def _decode(path: Path, data: bytes, declared: str | None) -> str | Diagnostic:
    # A byte-order mark says more than what somebody has declared.
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), declared or "utf-8")
    kind = next((kind for magic, kind in _WORKBOOKS if data.startswith(magic)), None)
    if kind is not None:
        return _about(path, *kind)
    if encoding == "utf-8" and _is_bare_utf_16(data):
        return _about(path, "it reads as UTF-16 without a byte-order mark", "save it as UTF-8")
    if encoding == "utf-8" and b"\x00" in data:
        return _about(
            path, "this is no text file", "name YAML and CSV files", data.count(b"\n", 0, data.index(0))
        )
    try:
        return data.decode(encoding)
    except LookupError:
        return _about(
            path, f'there is no encoding "{encoding}"', "write cp1252, cp1250, utf-16, or remove it"
        )
    except UnicodeDecodeError as error:
        conflict = conflict_in(data)
        if conflict is not None:
            return _about(path, CONFLICT, CONFLICT_REMEDY, conflict - 1)
        line = data.count(b"\n", 0, error.start)
        remedy = "save it as UTF-8"
        if path.suffix.lower() in _TABLES:
            remedy += " (spreadsheets call it CSV UTF-8)"
            if encoding == "utf-8" and (guess := _guess(data)):
                declare = f"write `encoding: {guess}` beside `csv` in the manifest"
                remedy = f"it reads as {guess}: {declare}, or {remedy}"
        return _about(
            path, f"byte {error.start + 1:,} of the file is no {encoding.upper()} text", remedy, line
        )


def _guess(data: bytes) -> str:
    """Return the encoding that a table which is no UTF-8 probably has, or nothing."""
    try:
        # The default of spreadsheets in Western Europe; five bytes mean nothing in it.
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return ""
    foreign = [character for character in text if ord(character) > _LAST_OF_ASCII]
    usual = [character for character in foreign if character.isalpha() or character in _USUAL]
    return "cp1252" if len(usual) * 10 >= len(foreign) * 9 else ""


def _about(path: Path, summary: str, remedy: str = "", line: int = -1) -> Diagnostic:
    return Diagnostic(summary, Mark(name_of(path), line + 1), "error", remedy)


def _reason(error: Exception) -> str:
    reason = getattr(error, "strerror", None) or str(error)
    return str(reason).lower()
