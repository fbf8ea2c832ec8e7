"""Stores layouts: the last one, with which the window starts, and named ones."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, unquote

from papaya.bounded_file import LARGEST_SETTINGS, UnusableFile, read_text
from papaya.errors import PapayaError, SettingsError
from papaya_gui.models.layout import Found, Layout, layout_from, layout_text
from papaya_gui.saving import save_text

_ENDING = ".json"
_LONGEST = 200


class LayoutFiles:
    """The layouts of one person: the last one in the folder of states, named ones in that of settings."""

    def __init__(self, states: Path | None = None, settings: Path | None = None, fleet: str = "") -> None:
        import platformdirs

        states = states or platformdirs.user_state_path("papaya", appauthor=False)
        settings = settings or platformdirs.user_config_path("papaya", appauthor=False)
        # Each fleet has its own last layout, because a layout names devices.
        self.last_path = states / f"window{f'-{_told(fleet)[:_LONGEST]}' if fleet else ''}{_ENDING}"
        self.folder = settings / "layouts"

    def last(self) -> Found:
        """Return how the window was left; where its file is unusable, an empty layout with a note."""
        try:
            return _read(self.last_path)
        except FileNotFoundError:
            return Found(Layout())
        except PapayaError as error:
            return Found(Layout(), (str(error),))

    def keep_last(self, layout: Layout) -> None:
        """Remember how the window is left; what could not be read is put aside, not overwritten."""
        with contextlib.suppress(FileNotFoundError):
            try:
                _read(self.last_path)
            except PapayaError as unread:
                try:
                    self.last_path.replace(self.last_path.with_suffix(".unread"))
                except OSError:
                    raise unread from None
        _save(self.last_path, layout)

    def reset(self) -> bool:
        """Forget how the window was left; return whether there was anything to forget."""
        try:
            self.last_path.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise SettingsError(
                f"{self.last_path} cannot be removed: {error.strerror}",
                remedy=f"correct the rights of {self.last_path.parent}",
            ) from None
        return True

    def names(self) -> Sequence[str]:
        """Return the names that layouts were given, in alphabetical order."""
        if not self.folder.is_dir():
            return ()
        found = [unquote(path.stem) for path in self.folder.glob(f"*{_ENDING}")]
        return sorted(found, key=str.casefold)

    def path_of(self, name: str) -> Path:
        """Return the file of a name; any text is one, as long as it is not too long for a file."""
        told = _told(name.strip())
        if not told or len(told.encode()) > _LONGEST:
            raise SettingsError(
                f"a layout cannot be named {name.strip()[:40]!r}", remedy="give it a name of 1 to 60 letters"
            )
        return self.folder / f"{told}{_ENDING}"

    def save(self, name: str, layout: Layout) -> Path:
        """Keep a layout under a name, in place of one that had it before; return its file."""
        path = self.path_of(name)
        _save(path, layout)
        return path

    def open(self, name: str) -> Found:
        """Return the layout of a name."""
        path = self.path_of(name)
        try:
            return _read(path)
        except FileNotFoundError:
            known = ", ".join(self.names()) or "none"
            raise SettingsError(
                f"there is no layout {name}", remedy=f"layouts that were saved: {known}"
            ) from None

    def remove(self, name: str) -> None:
        """Forget the layout of a name."""
        self.path_of(name).unlink(missing_ok=True)


def _told(name: str) -> str:
    """Return a name as part of a file's; a leading dot would hide the file."""
    return quote(name, safe=" ()+,").replace(".", "%2E")


def _read(path: Path) -> Found:
    try:
        text = read_text(path, most=LARGEST_SETTINGS)
    except FileNotFoundError:
        raise
    except UnusableFile as error:
        raise SettingsError(f"{path} is no layout: {error.strerror}", remedy="remove it") from None
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read: {error.strerror}", remedy="correct its rights, or remove it"
        ) from None
    return layout_from(text, str(path))


def _save(path: Path, layout: Layout) -> None:
    try:
        save_text(path, layout_text(layout))
    except OSError as error:
        raise SettingsError(
            f"the layout cannot be kept in {path}: {error.strerror}",
            remedy=f"correct the rights of {path.parent}",
        ) from None
