"""The tokens that `papaya login` keeps: one entry for each server, in a file of the user's state folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from papaya.bounded_file import LARGEST_SETTINGS, UnusableFile, read_text
from papaya.errors import SettingsError
from papaya.foreign import ForeignValue, json_in
from papaya.settings.private_file import locked, replace_private

_VERSION = 1


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """Who signed in to a server, and what the server gave; of whoever uses an API key, the key alone."""

    username: str
    token: str = field(default="", repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)


def default_path() -> Path:
    """Return where the user's tokens are kept."""
    import platformdirs

    return platformdirs.user_state_path("papaya", appauthor=False) / "tokens.json"


class TokenStore:
    """A file of tokens by server URL; safe to share between threads and processes."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_path()

    def find(self, url: str) -> StoredTokens | None:
        """Return the tokens for a server."""
        entry = self._read().get(url)
        match entry:
            case {
                "username": str(username),
                "token": str(token),
                "refreshToken": str() | None as refresh_token,
            }:
                return StoredTokens(username, token, refresh_token)
            case {"username": str(username), "apiKey": str(api_key)}:
                return StoredTokens(username, api_key=api_key)
        return None

    def keep(self, url: str, tokens: StoredTokens) -> None:
        """Store the tokens for a server in place of those that it had."""
        entry: dict[str, str | None] = {"username": tokens.username}
        if tokens.api_key is not None:
            entry["apiKey"] = tokens.api_key
        else:
            entry |= {"token": tokens.token, "refreshToken": tokens.refresh_token}
        self._change(lambda servers: {**servers, url: entry})

    def forget(self, url: str) -> bool:
        """Remove the tokens for a server; return whether there were any."""
        if url not in self._read():
            return False
        self._change(lambda servers: {other: entry for other, entry in servers.items() if other != url})
        return True

    def urls(self) -> tuple[str, ...]:
        """Return the servers that there are tokens for."""
        return tuple(sorted(self._read()))

    def _change(self, change: Callable[[Mapping[str, object]], Mapping[str, object]]) -> None:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with locked(self.path.parent):
                document = {"version": _VERSION, "servers": dict(change(self._read()))}
                replace_private(self.path, json.dumps(document, indent=2).encode() + b"\n")
        except OSError as error:
            raise SettingsError(f"the tokens are not kept in {self.path}: {error.strerror}") from error

    def _read(self) -> Mapping[str, object]:
        try:
            document = json_in(read_text(self.path, most=LARGEST_SETTINGS))
        except FileNotFoundError:
            return {}
        except OSError as error:
            if isinstance(error, UnusableFile) and error.line:
                raise self._not_ours() from None
            raise SettingsError(
                f"{self.path} cannot be read: {error.strerror}",
                remedy="Remove it and log in again with: papaya login",
            ) from error
        except ForeignValue:
            document = None
        match document:
            case {"version": 1, "servers": dict(servers)}:
                return servers
        raise self._not_ours()

    def _not_ours(self) -> SettingsError:
        return SettingsError(
            f"{self.path} is not what papaya login writes",
            remedy="Remove the file and log in again with: papaya login",
        )
