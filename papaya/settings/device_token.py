"""The access token of a device on its own hardware: one file, readable by its owner alone."""

from __future__ import annotations

import os
from pathlib import Path

from papaya.bounded_file import LARGEST_SETTINGS, read_bytes
from papaya.errors import SettingsError, system_reason
from papaya.path_component import file_stem
from papaya.settings.private_file import is_readable_by_others, locked, replace_private

SYSTEM_FOLDER = Path("/etc/papaya")
_SUFFIX = ".token"
_PENDING = ".pending"
_LONGEST_TOKEN = 4096
_LONGEST_OBJECT = 65_536


def user_folder() -> Path:
    """Return where a user without rights to the system's folder keeps tokens of devices."""
    import platformdirs

    return platformdirs.user_state_path("papaya", appauthor=False) / "credentials"


def token_paths(device: str, *, system: Path | None = None, user: Path | None = None) -> tuple[Path, Path]:
    """Return where a device's token may be: in the system's folder, and in the user's."""
    name = f"{file_stem(device)}{_SUFFIX}"
    return (system or SYSTEM_FOLDER) / name, (user or user_folder()) / name


def path_to_store(device: str, *, system: Path | None = None, user: Path | None = None) -> Path:
    """Return where to store a device's token: the system's folder if we may write there, else the user's."""
    of_system, of_user = token_paths(device, system=system, user=user)
    folder = of_system.parent
    if os.geteuid() == 0 or (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        return of_system
    return of_user


def path_to_read(device: str, *, system: Path | None = None, user: Path | None = None) -> Path:
    """Return where a device's token is, or would be stored."""
    for path in token_paths(device, system=system, user=user):
        if path.exists():
            return path
    return path_to_store(device, system=system, user=user)


def pending_path(path: Path) -> Path:
    """Return where a token waits that the server has not confirmed yet."""
    return path.with_name(path.name + _PENDING)


def read_token(path: Path) -> str | None:
    """Return the token in a file; None where there is no file."""
    text = read_secret_text(path)
    if text is not None and any(not "!" <= character <= "~" for character in text):
        raise _no_token(path)
    return text


def read_secret_text(path: Path) -> str | None:
    """Return the one line that the file of a device's token holds; None where there is no file."""
    try:
        content = read_bytes(path, most=LARGEST_SETTINGS)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(
            f"the device's token in {path} cannot be read: {(error.strerror or 'unreadable').lower()}",
            remedy="Run papaya as the user who stored it, or name another file with --credentials-file.",
        ) from None
    text = content.decode("utf-8-sig", "replace").strip()
    is_object = text.startswith("{")
    allowed = " " if is_object else "!"
    if (
        not text
        or len(text) > (_LONGEST_OBJECT if is_object else _LONGEST_TOKEN)
        or any(not allowed <= character <= "~" for character in text)
    ):
        raise _no_token(path)
    return text


def store_token(path: Path, token: str) -> bool:
    """Store a token with mode 0600, in one step; return whether anything had to be written."""
    return store_text(path, token)


def store_text(path: Path, text: str) -> bool:
    """Store the one line of the file of a device's token, as `store_token` does."""
    if read_secret_text(path) == text and not is_readable_by_others(path):
        return False
    try:
        path.parent.mkdir(mode=0o755 if path.parent == SYSTEM_FOLDER else 0o700, parents=True, exist_ok=True)
        with locked(path.parent):
            replace_private(path, f"{text}\n".encode())
    except OSError as error:
        raise SettingsError(
            f"the device's token is not stored in {path}: {system_reason(error)}",
            remedy="Name a file that you may write with --credentials-file.",
        ) from None
    return True


def check_storable(path: Path) -> None:
    """Raise `SettingsError` where a token surely cannot be stored, before a run makes one."""
    if path.is_dir():
        raise SettingsError(
            f"the device's token cannot be stored in {path}: it is a folder",
            remedy="Name a file with --credentials-file.",
        )
    if path.exists():
        # Its token may be the right one already; then nothing is written.
        return
    folder = next((one for one in path.absolute().parents if one.exists()), path)
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise SettingsError(
            f"the device's token cannot be stored in {path}: {folder} is "
            f"{'not writable' if folder.is_dir() else 'no folder'}",
            remedy="Name a file that you may write with --credentials-file.",
        )


def forget_pending(path: Path) -> None:
    """Remove the token that waited beside a file, now that the file holds a confirmed one."""
    pending_path(path).unlink(missing_ok=True)


def _no_token(path: Path) -> SettingsError:
    return SettingsError(
        f"{path} holds no device token", remedy="Name another file with --credentials-file, or remove it."
    )
