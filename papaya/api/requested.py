"""One request before it is sent, and what of it may be shown to people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, urlencode

from papaya.api.form import Form
from papaya.manifest.model import Json

Method = Literal["GET", "POST", "DELETE"]
Parameters = Mapping[str, str | int | bool]
HIDDEN = "…"
# What is posted there changes nothing that a person would look for.
_QUESTIONS = ("/api/auth/", "/api/entitiesQuery/", "/api/alarmsQuery/")
_TRIED = "/testScript"
_COMMANDS = re.compile(r"/api/(?:plugins/)?rpc/(?:oneway|twoway)/")

_SECRET_NAME = re.compile(r"token|passw|secret|credentials|code|api_?key|^value$", re.IGNORECASE)
# The device API has the device's token as a part of the path (`/api/v1/{token}/telemetry`).
# A list of ids may have thousands of characters.
_MOST_SHOWN = 80
_ID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DEVICE_TOKEN = re.compile(r"(/api/v1/)[^/?]+")


@dataclass(frozen=True, slots=True)
class Requested:
    """A request to a path below the server's URL."""

    method: Method
    path: str
    parameters: Parameters = field(default_factory=dict, repr=False)
    body: Json = field(default=None, repr=False)
    form: Form | None = field(default=None, repr=False)

    @property
    def only_asks(self) -> bool:
        """Return whether the request changes nothing on the server: a question, or a sign-in."""
        return self.method == "GET" or self.path.startswith(_QUESTIONS) or self.path.endswith(_TRIED)

    @property
    def to_device(self) -> bool:
        """Return whether the answer waits for a device, and so says nothing about the server."""
        return _COMMANDS.match(self.path) is not None

    @property
    def kind(self) -> str:
        """Return the method and the path without ids: requests of one kind take about as long."""
        return f"{self.method} {_ID.sub('*', self.path)}"

    @property
    def target(self) -> str:
        """Return the path with its query, as it is sent."""
        query = urlencode({name: _text(value) for name, value in self.parameters.items()}, quote_via=quote)
        return f"{self.path}?{query}" if query else self.path

    @property
    def shown(self) -> str:
        """Return the path with its query, without what is secret in it; long values are cut."""
        visible = (
            (name, HIDDEN if _SECRET_NAME.search(name) else value) for name, value in self.parameters.items()
        )
        query = "&".join(f"{name}={_cut(_text(value))}" for name, value in visible)
        path = _DEVICE_TOKEN.sub(rf"\1{HIDDEN}", self.path)
        return f"{path}?{query}" if query else path

    def content(self) -> bytes | None:
        """Return the body as it is sent."""
        if self.body is None:
            return None
        return json.dumps(self.body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()

    def secrets(self) -> set[str]:
        """Return the values in this request that no message may repeat, although the server might."""
        found = {_text(value) for name, value in self.parameters.items() if _SECRET_NAME.search(name)}
        found.update(_secrets_in(self.body))
        return found


def hide_query_secrets(text: str) -> str:
    """Return the text of a URL or of a log line about one without the secrets of its path and query."""
    text = _DEVICE_TOKEN.sub(rf"\1{HIDDEN}", text)
    return re.sub(
        r"([?&])([^=&\s]+)=([^&\s\"']*)",
        lambda match: match[0] if not _SECRET_NAME.search(match[2]) else f"{match[1]}{match[2]}={HIDDEN}",
        text,
    )


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}{HIDDEN}"


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _secrets_in(body: Json) -> Iterator[str]:
    if isinstance(body, list):
        for item in body:
            yield from _secrets_in(item)
    if isinstance(body, dict):
        for name, value in body.items():
            if isinstance(value, str) and _SECRET_NAME.search(name):
                yield value
            else:
                yield from _secrets_in(value)
