"""Files to a fleet: found, read, rendered in a child process, and loaded."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from papaya.bounded_file import as_stored, measured, read_bytes
from papaya.diagnostics import Diagnostic, Mark, has_errors, in_order
from papaya.errors import ManifestError
from papaya.kinds.faults import faults_of
from papaya.manifest.load import Loaded, load
from papaya.manifest.model import Fleet
from papaya.manifest.resources import BASE64, binary_text
from papaya.manifest.source import Source, SourceKind, Template
from papaya.manifest.template import Unrendered
from papaya.observer import SILENT, Observer
from papaya.workspace.files import TEMPLATE, default_paths, find_files, name_of, read_file
from papaya.workspace.limited import evaluate_limited, render_limited
from papaya.workspace.ports import with_allotted_ports
from papaya.workspace.sheets import ENDINGS, OTHER_ENDINGS, UnreadableSheet, sheet_text

_STEP = "loading"
# The algorithms of ThingsBoard's packages that Python has, too.
_DIGESTS = ("md5", "sha256", "sha384", "sha512")


def load_fleet(
    paths: Path | str | Sequence[Path | str] = (),
    *,
    environment: str | None = None,
    variables: Mapping[str, Any] | None = None,
    variable_files: Sequence[Path] = (),
    with_ports: bool = True,
    observer: Observer = SILENT,
) -> Fleet:
    """Return the fleet that manifests describe; the observer hears the warnings.

    Raises `ManifestError`, which has every fault in `diagnostics`. The parameters are those of `read_fleet`.

    Example:
        fleet = load_fleet(["fleet.yaml"], environment="staging")
    """
    loaded = read_fleet(
        paths,
        environment=environment,
        variables=variables,
        variable_files=variable_files,
        with_ports=with_ports,
        observer=observer,
    )
    if loaded.fleet is None:
        raise ManifestError(loaded.diagnostics)
    if loaded.diagnostics:
        observer.doubted(loaded.diagnostics)
    return loaded.fleet


def read_fleet(
    paths: Path | str | Sequence[Path | str] = (),
    *,
    environment: str | None = None,
    variables: Mapping[str, Any] | None = None,
    variable_files: Sequence[Path] = (),
    with_ports: bool = True,
    observer: Observer = SILENT,
) -> Loaded:
    """Return the fleet that manifests describe, or everything that is wrong with them.

    `paths` are files and folders, without recursion; none means the manifest of the working folder.
    `environment` is the name of one of the fleet's environments. `variables` are those of templates; neither
    files of variables nor the process's environment are read; `variable_files` are files that a folder does
    not mean, though they look like manifests. Without `with_ports` the remote ports are as the manifest says,
    without those of the lock file. The observer hears of the step `loading`, and of rows of tables. Raises
    nothing for what a person wrote.

    Example:
        loaded = read_fleet(["manifests"])
        for fault in loaded.diagnostics:
            print(fault.mark, fault.severity, fault.summary)
    """
    named = (paths,) if isinstance(paths, Path | str) else paths
    chosen = tuple(Path(path) for path in named) or default_paths()
    if not chosen:
        missing = "there is neither fleet.yaml nor a folder manifests here"
        remedy = "name a file or a folder, or write a manifest with `papaya init`"
        return Loaded(None, (Diagnostic(missing, Mark("fleet.yaml"), "error", remedy),))
    files, faults = find_files(chosen, besides=variable_files)
    sources, unread = _read(files, variables or {})
    faults.extend(unread)
    if has_errors(faults) and not sources:
        return Loaded(None, in_order(faults))
    observer.began(_STEP, None)
    try:
        loaded = load(
            sources,
            environment=environment,
            read_csv=_read_table,
            read_text=_read_text,
            read_binary=_read_binary,
            evaluate=evaluate_limited,
            is_complete=not has_errors(faults),
            progress=lambda done, total: observer.progressed(_STEP, done, total),
        )
    finally:
        observer.ended(_STEP)
    if has_errors(faults):
        return Loaded(None, in_order((*faults, *loaded.diagnostics)))
    refused = tuple(faults_of(loaded.fleet)) if loaded.fleet is not None else ()
    if refused:
        return Loaded(None, in_order((*refused, *loaded.diagnostics)))
    fleet = loaded.fleet
    if fleet is not None and fleet.mark is not None:
        fleet = replace(fleet, folder=str(Path(fleet.mark.file).parent))
    if fleet is not None and with_ports:
        return with_allotted_ports(fleet, loaded)
    return Loaded(fleet, loaded.diagnostics)


def _read(files: Sequence[Path], variables: Mapping[str, Any]) -> tuple[list[Source], list[Diagnostic]]:
    """Return the texts of files, templates rendered."""
    texts: dict[Path, str] = {}
    faults: list[Diagnostic] = []
    for file in files:
        text = read_file(file)
        if isinstance(text, str):
            texts[file] = text
        else:
            faults.append(text)
    templates = [file for file in texts if file.name.endswith(TEMPLATE)]
    sources = {
        file: Source(name_of(file), text) for file, text in texts.items() if not file.name.endswith(TEMPLATE)
    }
    if templates:
        rendered, refused = _rendered({file: texts[file] for file in templates}, variables)
        sources.update(rendered)
        faults.extend(refused)
    return [sources[file] for file in files if file in sources], faults


def _rendered(
    templates: Mapping[Path, str], variables: Mapping[str, Any]
) -> tuple[dict[Path, Source], list[Diagnostic]]:
    sources: dict[Path, Source] = {}
    faults: list[Diagnostic] = []
    made = render_limited(list(templates.values()), variables)
    for (file, text), result in zip(templates.items(), made, strict=True):
        if isinstance(result, Unrendered):
            lines = Source(str(file), text, template=Template(text, tuple(range(1, text.count("\n") + 2))))
            faults.append(lines.diagnostic(result.summary, line=result.line - 1, remedy=result.remedy))
        else:
            sources[file] = Source(str(file), result.text, template=result.template)
    return sources, faults


def _read_table(
    asking: Source,
    name: str,
    *,
    encoding: str | None = None,
    sheet: str | None = None,
    decimal: str = ".",
) -> Source | Diagnostic | str:
    """Return the text of a CSV file or of a sheet that a manifest names, or why there is none."""
    path = _beside(asking, name)
    if isinstance(path, str):
        return path
    if path.suffix.lower() in OTHER_ENDINGS:
        return Diagnostic(
            f"{path}: papaya reads CSV and .xlsx, not {path.suffix}",
            Mark(str(path)),
            remedy="save it as .xlsx, or as CSV UTF-8",
        )
    if path.suffix.lower() in ENDINGS:
        return _read_sheet(path, sheet, decimal)
    return _source(path, "csv", encoding)


def _read_text(asking: Source, name: str, *, encoding: str | None = None) -> Source | Diagnostic | str:
    """Return the text of a file that an entry of a manifest names, or why there is none.

    With the encoding `base64` it is that of the file's bytes.
    """
    path = _beside(asking, name)
    if isinstance(path, str):
        return path
    return _encoded(path) if encoding == BASE64 else _source(path)


def _encoded(path: Path) -> Source | Diagnostic:
    try:
        return Source(str(path), b64encode(read_bytes(path)).decode())
    except FileNotFoundError:
        summary = "there is no such file or folder"
    except OSError as error:
        summary = f"the file cannot be read: {error.strerror}"
    return Diagnostic(f"{path}: {summary}", Mark(str(path)), remedy="check the path")


def _read_binary(asking: Source, name: str) -> Source | Diagnostic | str:
    """Return the size and the digests of a file that an entry of a manifest names, or why there are none."""
    path = _beside(asking, name)
    if isinstance(path, str):
        return path
    try:
        size, digests = measured(path, _DIGESTS)
    except FileNotFoundError:
        return Diagnostic(
            f"{path}: there is no such file or folder", Mark(str(path)), remedy="check the path"
        )
    except OSError as error:
        summary = f"{path}: the file cannot be read: {error.strerror}"
        return Diagnostic(summary, Mark(str(path)), remedy="check the path")
    return Source(str(path), binary_text(str(path), path.name, size, digests))


def _beside(asking: Source, name: str) -> Path | str:
    """Return the path of a file that a manifest names, or why it may not name it."""
    if Path(name).is_absolute() or name.startswith("~"):
        # Such a manifest would work on one machine only, and read files that nobody expects it to.
        return f"{name} is not relative to the folder of the manifest"
    path = as_stored(Path(asking.name).parent / name)
    short = Path(os.path.normpath(path))
    # Behind a link to a folder, the short form of link/../a.csv is another file.
    return short if os.path.realpath(short) == os.path.realpath(path) else path


def _source(path: Path, kind: SourceKind = "yaml", encoding: str | None = None) -> Source | Diagnostic:
    text = read_file(path, encoding=encoding)
    if isinstance(text, str):
        return Source(str(path), text, kind)
    where = f" (line {text.mark.line})" if text.mark.line else ""
    return replace(text, summary=f"{path}: {text.summary}{where}")


def _read_sheet(path: Path, sheet: str | None, decimal: str) -> Source | Diagnostic:
    try:
        return Source(str(path), sheet_text(read_bytes(path), sheet, decimal), "csv")
    except UnreadableSheet as error:
        summary, remedy = error.summary, error.remedy
    except FileNotFoundError:
        summary, remedy = "there is no such file or folder", "check the path"
    except OSError as error:
        summary, remedy = f"the file cannot be read: {error.strerror}", "check the path"
    return Diagnostic(f"{path}: {summary}", Mark(str(path)), remedy=remedy)
