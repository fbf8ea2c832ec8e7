"""Recently opened items: a short list in papaya's state folder, without any secret."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from papaya.bounded_file import LARGEST_SETTINGS, read_text
from papaya.foreign import ForeignValue, json_in
from papaya.settings import Options
from papaya.workspace.choice import ManifestChoice
from papaya_gui.saving import save_text
from papaya_gui.sources.wanted import Wanted

log = logging.getLogger(__name__)

MOST = 8
_VERSION = 1
_LONGEST = 4_096


class Recent:
    """The newest first; a file that cannot be read or written costs the list, and nothing else."""

    def __init__(self, folder: Path | None = None) -> None:
        import platformdirs

        folder = folder or platformdirs.user_state_path("papaya", appauthor=False)
        self.path = folder / "window-recent.json"

    def all(self) -> Sequence[Wanted]:
        """Return what was opened, the latest first; what is no entry is left out."""
        try:
            document = json_in(read_text(self.path, most=LARGEST_SETTINGS))
        except FileNotFoundError:
            return ()
        except (OSError, ForeignValue) as error:
            log.info("%s cannot be read: %s", self.path, error)
            return ()
        match document:
            case {"version": 1, "opened": list(entries)}:
                found = (_wanted(entry) for entry in entries[:MOST])
                return tuple(one for one in found if one is not None)
        return ()

    def note(self, wanted: Wanted) -> None:
        """Put something at the beginning of the list."""
        entry = _entry(wanted)
        entries = [entry, *(other for other in map(_entry, self.all()) if other != entry)][:MOST]
        try:
            save_text(self.path, json.dumps({"version": _VERSION, "opened": entries}, indent=2) + "\n")
        except OSError as error:
            log.warning("%s cannot be written: %s", self.path, error.strerror)

    def clear(self) -> None:
        """Forget everything."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s cannot be removed: %s", self.path, error.strerror)

    def ca_file_of(self, url: str) -> str | None:
        """Return the certificate of a private authority that a server was last connected to with."""
        return next((one.server.ca_file for one in self.all() if one.server.url == url), None)


def _entry(wanted: Wanted) -> dict[str, object]:
    said: dict[str, object] = {
        "manifest": list(wanted.paths),
        "environment": wanted.manifest.environment if wanted.manifest else None,
        "source": wanted.source,
        "url": wanted.server.url,
        "caFile": wanted.server.ca_file,
    }
    return {key: value for key, value in said.items() if value}


def _wanted(entry: object) -> Wanted | None:
    if not isinstance(entry, Mapping):
        return None
    paths = entry.get("manifest", [])
    texts = {key: entry.get(key) for key in ("environment", "source", "url", "caFile")}
    if not isinstance(paths, list) or not all(_is_text(one) for one in (*paths, *texts.values()) if one):
        return None
    manifest = None
    if paths:
        manifest = replace(ManifestChoice(tuple(map(Path, paths))), environment=texts["environment"])
    return Wanted(manifest, texts["source"], Options(url=texts["url"], ca_file=texts["caFile"]))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST
