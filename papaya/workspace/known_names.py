"""What a shell completes: names of devices, places and environments, kept beside what they were read from.

Reading a manifest of ten thousand devices takes seconds, and a shell waits for every answer. So the names are
kept in the user's cache folder, for their owner alone, and count as long as every file that they came from
has the same content. Until then `scanned_names` looks for names without understanding the manifest.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from papaya.bounded_file import read_bytes, read_text
from papaya.foreign import ForeignValue, quick_json_in
from papaya.whole_file import replaced
from papaya.workspace.files import find_files
from papaya.workspace.scanned_names import Names, scanned_names, tables_of

if TYPE_CHECKING:
    from papaya.manifest.model import Fleet

_FORMAT: Final = "1"
_READING_SECONDS: Final = 5.0
_FIELDS: Final = ("devices", "places", "environments")


def kept_names(paths: Sequence[Path], environment: str | None = None) -> tuple[Names | None, bool]:
    """Return the names that were kept for these manifests, and whether their files are still the same."""
    try:
        document = quick_json_in(read_text(_cache_file(paths, environment)))
    except (OSError, ValueError, ForeignValue):
        return None, False
    match document:
        case {"format": str(written), "files": dict(files), "names": dict(names)} if written == _FORMAT:
            known = Names(**{key: tuple(map(str, names.get(key, ()))) for key in _FIELDS})
            return known, files == digests(Path(file) for file in files) and bool(files)
    return None, False


def keep_names(
    paths: Sequence[Path], environment: str | None, names: Names, files: Mapping[str, str]
) -> None:
    """Keep names with the digests of the files that they came from; raises `OSError` where that fails."""
    path = _cache_file(paths, environment)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    document = {"format": _FORMAT, "files": dict(files), "names": asdict(names)}
    with replaced(path, created_as=0o600) as file:
        file.write(json.dumps(document, ensure_ascii=False).encode())


def is_being_read(paths: Sequence[Path], environment: str | None) -> bool:
    """Return whether these manifests have been read for this purpose a moment ago; note that they are now."""
    mark = _cache_file(paths, environment).with_suffix(".reading")
    try:
        if time.time() - mark.stat().st_mtime < _READING_SECONDS:
            return True
    except OSError:
        pass
    try:
        mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mark.touch(mode=0o600)
    except OSError:
        # Without a cache there is nothing to read for.
        return True
    return False


def digests(files: Iterable[Path]) -> dict[str, str]:
    """Return the digest of each file's content; a file that cannot be read has none."""
    found: dict[str, str] = {}
    for file in files:
        try:
            found[str(file)] = hashlib.sha256(read_bytes(file)).hexdigest()
        except OSError:
            found[str(file)] = ""
    return found


def manifest_files(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return the files of the manifests that paths mean."""
    return tuple(file for file in find_files(paths)[0] if file.is_file())


def read_names(paths: Sequence[Path], environment: str | None = None) -> tuple[Names, dict[str, str]]:
    """Read the manifests and return their names, and the digests of all files that they came from.

    It takes as long as reading a manifest does. Of a faulty manifest only what a scan finds is known.
    """
    # What reads a manifest takes longer to import than a shell waits.
    from papaya.workspace.fleet import read_fleet

    files = manifest_files(paths)
    before = digests((*files, *tables_of(files)))
    scanned = scanned_names(files)
    chosen = [environment] if environment else [None, *scanned.environments[:1]]
    for one in chosen:
        fleet = read_fleet(paths, environment=one, with_ports=False).fleet
        if fleet is not None:
            return _of_fleet(fleet), before
    return scanned, before


def _of_fleet(fleet: Fleet) -> Names:
    from papaya.engine.address import path_text

    places: list[str] = []
    for country in fleet.countries:
        places.append(path_text((country.name,)))
        places += [path_text((country.name, state.name)) for state in country.states]
    return Names(tuple(device.name for device in fleet.devices()), tuple(places), fleet.environments)


def _cache_file(paths: Sequence[Path], environment: str | None) -> Path:
    """Return where the names of these manifests are kept: below XDG_CACHE_HOME, else ~/.cache."""
    said = Path(os.environ.get("XDG_CACHE_HOME", ""))
    folder = said if said.is_absolute() else Path.home() / ".cache"
    which = json.dumps([environment, *(os.path.realpath(path) for path in paths)])
    return folder / "papaya" / "names" / f"{hashlib.sha256(which.encode()).hexdigest()[:32]}.json"
