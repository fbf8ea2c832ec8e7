"""The files of exported objects: each at a path of its own, and what in them another server does not know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import cast

from papaya.foreign import ForeignValue, json_in
from papaya.kinds.kind import Exported
from papaya.kinds.references import references_in
from papaya.kinds.registry import KINDS
from papaya.kinds.resource import Live
from papaya.manifest.characters import composed
from papaya.manifest.model import Json


def at_free_paths(told: Exported, taken: Iterable[str]) -> Exported:
    """Return an entry with its files at paths that no other file has, upper and lower case being alike."""
    present = {path.casefold() for path in taken}
    moved: dict[str, str] = {}
    for path in told.files:
        moved[path] = _free(path, present)
        present.add(moved[path].casefold())
    if all(path == other for path, other in moved.items()):
        return told
    entry = {key: _renamed(value, moved) for key, value in told.entry.items()}
    return Exported(entry, {moved[path]: content for path, content in told.files.items()})


def told_apart(objects: Iterable[Live], fleet: str) -> tuple[list[Live], list[str]]:
    """Return the objects that a manifest can tell apart by their names, and a line for each other name.

    Of several of one name the only one that the fleet manages counts.
    """
    named: dict[tuple[str, str], list[Live]] = {}
    for one in objects:
        named.setdefault((one.address.kind, composed(one.address.name)), []).append(one)
    kept: list[Live] = []
    doubled: list[str] = []
    for several in named.values():
        kind = KINDS[several[0].address.kind]
        is_clear = len(several) == 1 or kind.shares_names
        own = several if is_clear else [one for one in several if one.is_of(fleet)]
        if is_clear or len(own) == 1:
            kept += own
            continue
        remark = (
            f"Left out: {several[0].address}, {len(several)} {kind.plural} have this name; rename all but one"
        )
        if own:
            remark += f". Warning: apply would delete those that {fleet} manages"
        doubled.append(remark)
    return kept, doubled


def ids_left(files: Mapping[str, str | bytes]) -> Iterator[str]:
    """Yield a line for each id in the files that has no name which means the same on another server."""
    for path, text in sorted(files.items()):
        if not path.endswith(".json") or not isinstance(text, str):
            continue
        try:
            document = json_in(text)
        except ForeignValue:
            # Loading what is exported tells this with its place.
            continue
        for one in references_in(cast("Json", document)):
            if one.entity_type:
                word = one.entity_type.lower().replace("_", " ")
                yield f"{path} names the {word} {one.text}"


def _free(path: str, present: set[str]) -> str:
    pure = PurePosixPath(path)
    free, number = path, 1
    while free.casefold() in present:
        number += 1
        free = str(pure.with_name(f"{pure.stem}-{number}{pure.suffix}"))
    return free


def _renamed(value: Json, moved: Mapping[str, str]) -> Json:
    if isinstance(value, str):
        return moved.get(value, value)
    if isinstance(value, dict):
        return {key: _renamed(member, moved) for key, member in value.items()}
    return [_renamed(member, moved) for member in value] if isinstance(value, list) else value
