"""What a session authenticates with; no secret of it is in any `repr`."""

from __future__ import annotations

from dataclasses import dataclass, field

from papaya.errors import SettingsError

# Servers take headers of 8 to 64 KB in all.
_LONGEST_TOKEN = 16 * 1024


def fits_header(token: str) -> bool:
    """Return whether a token can be sent in a header: visible ASCII of some length."""
    return len(token) <= _LONGEST_TOKEN and all("!" <= character <= "~" for character in token)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a login answers."""

    token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Every way of authenticating that the settings gave: API key before tokens, tokens before password."""

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)

    def __bool__(self) -> bool:
        return bool(self.api_key or self.token or self.refresh_token or self.has_password)

    @property
    def has_password(self) -> bool:
        """Return whether a login is possible."""
        return bool(self.username and self.password)

    def secrets(self) -> set[str]:
        """Return what no message may show."""
        return {value for value in (self.password, self.token, self.refresh_token, self.api_key) if value}

    def check(self) -> None:
        """Refuse what a header cannot hold; the library's own message about it would quote the secret."""
        for name, value in (("token", self.token), ("API key", self.api_key)):
            if value and not fits_header(value):
                raise SettingsError(
                    f"the {name} has characters that no {name} has", remedy="Was it copied completely?"
                )
