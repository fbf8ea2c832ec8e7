"""What is live on a server as the texts of a manifest, checked, and written whole or not at all."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from papaya.api.export import Choice, LiveTree
from papaya.api.resources import every_object, names_of
from papaya.api.session import Session
from papaya.diagnostics import has_errors
from papaya.engine.address import natural
from papaya.engine.export import Export, Wishes, export, in_files
from papaya.engine.standing import stand
from papaya.errors import PapayaError
from papaya.kinds.registry import KINDS
from papaya.kinds.resource import Fields, Live
from papaya.manifest.load import Source, load
from papaya.manifest.resources import binary_text
from papaya.observer import SILENT, Observer
from papaya.render.diagnostics import as_text
from papaya.render.json_text import json_text
from papaya.render.manifest import comment_of, csv_text, manifest_text
from papaya.runs.export_files import at_free_paths, ids_left, told_apart
from papaya.runs.progress import tree_read
from papaya.whole_file import write_whole

# What `export --with` takes beside sections of a manifest.
CREDENTIALS: Final = "credentials"
_DOCUMENTS = (".yaml", ".yml", ".json")


def exported(
    session: Session, choice: Choice, wishes: Wishes, *, observer: Observer = SILENT
) -> tuple[Export, LiveTree]:
    """Read what is live and return it as a manifest, with the tree that it was made of.

    The manifest names the profile of States as it is called on the server now.
    """
    tree = tree_read(session, choice, observer)
    wishes = replace(wishes, state_profile=tree.state_profile)
    return export(stand(tree.inventory, tree.state_profile), wishes), tree


def kinds_of(sections: Sequence[str]) -> frozenset[str]:
    """Return the keys of the kinds that sections of a manifest name; `all` names every one.

    `credentials`, which are no section of their own, are left to the caller. Raises `ValueError` for a
    section that there is not.
    """
    sections = [section for section in sections if section != CREDENTIALS]
    known = {kind.section: key for key, kind in KINDS.items()}
    groups: dict[str, list[str]] = {}
    for section in known:
        above, dot, _ = section.partition(".")
        if dot and above not in known:
            groups.setdefault(above, []).append(section)
    # A mapping of the manifest stands for the sections in it.
    sections = [one for section in sections for one in groups.get(section, [section])]
    for section in sections:
        if section != "all" and section not in known:
            raise ValueError(
                f"there is no section {section}; known are: {', '.join(known)}, {CREDENTIALS}, all"
            )
    if "all" in sections:
        return frozenset(known.values())
    with_others = (key for key, kind in KINDS.items() if kind.exported_with in sections)
    return frozenset((*(known[section] for section in sections), *with_others))


def with_objects(
    session: Session, made: Export, tree: LiveTree, keys: Collection[str], *, unmanaged: bool = False
) -> tuple[Export, dict[str, str | bytes]]:
    """Return a manifest with a section for each of some kinds, and the content of the files that it names.

    Objects of other fleets are left out, and so are those of none where the fleet has some of its own, unless
    `unmanaged` asks for them.
    """
    if not keys:
        return made, {}
    tenant, version = session.user().tenant_id, session.info().version
    live = every_object(session, tenant, keys, tree.inventory, version=version)
    entries: dict[str, list[Fields]] = {key: [] for key in KINDS if key in keys}
    texts: dict[str, str | bytes] = {}
    name_of = names_of(live.objects, tree.inventory)
    has_own = {one.address.kind for one in live.objects if one.is_of(made.name)}

    def is_meant(one: Live) -> bool:
        kind = KINDS[one.address.kind]
        if kind.key not in keys or one.owner not in (None, made.name) or not kind.is_managed(one.row):
            return False
        return kind.key not in has_own or unmanaged or one.is_of(made.name)

    kept, remarks = told_apart((one for one in live.objects if is_meant(one)), made.name)
    for one in sorted(kept, key=lambda one: natural(one.address.name)):
        kind = KINDS[one.address.kind]
        content = tuple(session.get(one_more.path) for one_more in kind.content(one.id))
        told = kind.exported(replace(one, details=(*one.details, *content)), kind.section, name_of)
        if not told.entry:
            continue
        told = at_free_paths(told, texts)
        protect = {"protect": True} if one.protect else {}
        entries[kind.key].append({**told.entry, **protect})
        texts.update(told.files)
    head = {key: value for key, value in made.document.items() if key != "countries"}
    rest = {key: value for key, value in made.document.items() if key == "countries"}
    for key, several in entries.items():
        head = KINDS[key].written_into(head, several)
    if set(KINDS) <= set(keys):
        # A fresh server has none of the profiles that the tree needs.
        head["profiles"] = {**head["profiles"], "create": True}
    remarks += [f"Not carried to another server: {one}, which has no name there" for one in ids_left(texts)]
    return replace(made, document={**head, **rest}, remarks=tuple(remarks)), texts


def is_folder(out: Path) -> bool:
    """Return whether a path means a folder of files: one that is there, or a name that no document has."""
    return out.is_dir() or out.suffix.lower() not in _DOCUMENTS


def texts_of(made: Export, source: str, *, in_folder: bool, as_json: bool) -> dict[str, str]:
    """Return the text of each file by its name; a single one has none. `source` names the server."""
    if as_json:
        return {"": json_text(made.document) + "\n", **made.certificates}
    comment = comment_of(made, source)
    if not in_folder:
        return {"": manifest_text(made.document, comment), **made.certificates}
    files = in_files(made.document)
    texts = {
        name: manifest_text(document, comment if name == "fleet.yaml" else "")
        for name, document in files.documents.items()
    }
    tables = {name: csv_text(table) for name, table in files.tables.items()}
    return {**texts, **tables, **made.certificates}


def faults_of(texts: Mapping[str, str | bytes]) -> str:
    """Load texts that were made, and return what to correct before they can be used; else nothing."""

    def read_csv(asking: Source, name: str, **how: str) -> Source | str:
        content = texts[name]
        text = content if isinstance(content, str) else b64encode(content).decode()
        return Source(name, text, "csv")

    def read_binary(asking: Source, name: str) -> Source:
        return Source(name, binary_text(name, name, len(texts[name]), {}))

    sources = [
        Source(name or "fleet.yaml", text)
        for name, text in texts.items()
        if isinstance(text, str) and (not name or name.endswith(_DOCUMENTS[:2]))
    ]
    loaded = load(sources, read_csv=read_csv, read_text=read_csv, read_binary=read_binary)
    if not has_errors(loaded.diagnostics):
        return ""
    faults = as_text(loaded.diagnostics)
    return f"{faults}\nThe manifest needs these corrections before it can be used."


def write(out: Path, texts: Mapping[str, str | bytes], *, force: bool) -> tuple[Path, ...]:
    """Write the files and return their paths; without `force` none that is there is replaced."""
    folder = out if is_folder(out) else out.parent
    paths = {folder / name if name else out: text for name, text in texts.items()}
    present = [path for path in paths if os.path.lexists(path)]
    if present and not force:
        raise PapayaError(
            f"{present[0]} is there already: nothing was written",
            remedy="Name another path with -o, or replace it with --force.",
        )
    try:
        if is_folder(out):
            out.mkdir(parents=True, exist_ok=True)
        for path, text in paths.items():
            if path != out:
                path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, text, mode=0o644)
    except OSError as error:
        raise PapayaError(f"{error.filename or out} cannot be written: {error.strerror or error}") from error
    return tuple(paths)
