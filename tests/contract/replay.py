"""Replays recorded exchanges against a server and compares what it answers."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_SHA3 = re.compile(r"<sha3:([^>]*)>")
_ALTERNATIVES = re.compile(r"Parameter conditions (.+) not met for (.+)", re.DOTALL)
_AGAIN_SECONDS = 0.05
# Steps for which the tenant may send five requests a second.
LIMITED = re.compile(r"request (\d+) of 9 under a limit of 5 a second")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "<jwt>": lambda value: isinstance(value, str) and value.count(".") == 2,
    "<uuid>": lambda value: isinstance(value, str) and _UUID.fullmatch(value) is not None,
    "<ms>": lambda value: re.fullmatch(r"1[0-9]{12}", str(value)) is not None,
    "<generated token>": lambda value: re.fullmatch(r"[0-9A-Za-z]{20}", str(value)) is not None,
    "<api key>": lambda value: str(value).startswith("tb_"),
    "<hash>": lambda value: re.fullmatch(r"[0-9a-f]{64}", str(value)) is not None,
    "<number>": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "<time>": lambda value: isinstance(value, (int, str)),
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One recorded request and its answer."""

    step: str
    auth: str | None
    request: Mapping[str, Any]
    response: Mapping[str, Any]
    capture: Mapping[str, str]


def read_recording(path: Path) -> list[Exchange]:
    """Return the exchanges of a file, in order."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Exchange(**{**{"capture": {}}, **json.loads(line)}) for line in lines]


@dataclass(slots=True)
class Replay:
    """The state of one run: the server's address and what was captured so far.

    `quiet` scales the waits after which a recording shows what did not happen; a server that has done
    everything when it answers needs none. `patience` scales how long to ask again for what has to come.
    `last` is the last answer and its body.
    """

    url: str
    values: dict[str, str]
    session: requests.Session = field(default_factory=requests.Session)
    quiet: float = 1.0
    patience: float = 1.0
    last: tuple[requests.Response, Any] | None = None

    def run(self, exchange: Exchange) -> list[str]:
        """Send one request and return how its answer differs from the recorded one.

        Where the server works in the background, ask again until the answer agrees or patience ends.
        """
        time.sleep(float(exchange.request.get("quiet_s", 0)) * self.quiet)
        deadline = time.monotonic() + float(exchange.request.get("patience_s", 0)) * self.patience
        while True:
            answer, body = self.ask(exchange)
            differences = list(self._differences(exchange, answer, body))
            if not differences or time.monotonic() >= deadline:
                return differences
            time.sleep(_AGAIN_SECONDS)

    def ask(self, exchange: Exchange) -> tuple[requests.Response, Any]:
        """Send one request, keep what is to be captured, and return the answer and its body."""
        answer = self._send(exchange)
        body = _body(answer)
        for name, path in exchange.capture.items():
            found = _dotted(body, path)
            if isinstance(found, str):
                self.values[name] = found
        self.last = answer, body
        return answer, body

    def compare(self, expected: Any, actual: Any, *, ordered: bool = False) -> list[str]:
        """Return how a value differs from a recorded one, its placeholders filled in."""
        return list(_compare(self.filled(expected), actual, "", ordered=ordered))

    def filled(self, value: Any) -> Any:
        """Put captured values into `${name}` placeholders and digests into `<sha3:TEXT>`, at any depth."""
        if isinstance(value, str):
            text = _PLACEHOLDER.sub(lambda found: self.values.get(found[1], found[0]), value)
            return _SHA3.sub(lambda found: hashlib.sha3_256(found[1].encode()).hexdigest(), text)
        if isinstance(value, list):
            return [self.filled(each) for each in value]
        if isinstance(value, dict):
            return {key: self.filled(each) for key, each in value.items()}
        return value

    def _send(self, exchange: Exchange) -> requests.Response:
        request = exchange.request
        parts = request.get("multipart")
        kind = {} if parts else {"Content-Type": "application/json"}
        headers = {**kind, **self.filled(request.get("headers") or {})}
        if exchange.auth is not None:
            token = "garbage" if exchange.auth == "garbage" else self.values[f"{exchange.auth}_token"]
            headers["X-Authorization"] = f"Bearer {token}"
        data: str | None = request.get("raw")
        if "body" in request:
            data = json.dumps(self.filled(request["body"]))
        return self.session.request(
            request["method"],
            self.url + self.filled(request["path"]),
            params=self.filled(request.get("query") or {}),
            data=None if data is None else data.encode(),
            files=[
                (part["name"], (part["filename"], part["text"].encode(), part["content_type"]))
                for part in parts or ()
            ]
            or None,
            headers=headers,
            allow_redirects=False,
            timeout=60,
        )

    def _differences(self, exchange: Exchange, answer: requests.Response, body: Any) -> Iterator[str]:
        recorded = exchange.response
        if answer.status_code != recorded["status"]:
            yield f"status {answer.status_code} instead of {recorded['status']}: {answer.text[:300]}"
            return
        content_type = answer.headers.get("Content-Type")
        if (content_type or "") != (recorded.get("content_type") or ""):
            yield f"content type {content_type} instead of {recorded.get('content_type')}"
        for name, value in (recorded.get("headers") or {}).items():
            if answer.headers.get(name) != self.filled(value):
                yield f"header {name} {answer.headers.get(name)} instead of {value}"
        expected = self.filled(recorded.get("body"))
        yield from _compare(expected, body, "", ordered=_is_sorted(exchange.request))


def _is_sorted(request: Mapping[str, Any]) -> bool:
    body = request.get("body")
    link = body.get("pageLink") if isinstance(body, dict) else None
    query = request.get("query") or {}
    return "sortProperty" in query or "orderBy" in query or bool(link and "sortOrder" in link)


def _body(answer: requests.Response) -> Any:
    if not answer.content:
        return None
    if answer.headers.get("Content-Type", "").startswith("application/json"):
        return json.loads(answer.content.decode("utf-8", "replace"))
    return answer.content.decode("utf-8", "replace")


def _dotted(body: Any, path: str) -> Any:
    if path.startswith("re:"):
        found = re.search(path.removeprefix("re:"), body if isinstance(body, str) else json.dumps(body))
        return found and found[1]
    for part in path.split("."):
        if isinstance(body, list) and part.isdigit():
            body = body[int(part)] if int(part) < len(body) else None
        else:
            body = body.get(part) if isinstance(body, dict) else None
    return body


def _compare(expected: Any, actual: Any, where: str, *, ordered: bool) -> Iterator[str]:
    if isinstance(expected, str) and expected in _KINDS:
        if not _KINDS[expected](actual):
            yield f"{where or 'body'}: {actual!r} is no {expected}"
    elif isinstance(expected, dict) and isinstance(actual, dict):
        for key in sorted(expected.keys() | actual.keys()):
            if key not in actual or key not in expected:
                yield f"{where}.{key} is {'missing' if key in expected else 'not recorded'}"
            else:
                yield from _compare(expected[key], actual[key], f"{where}.{key}", ordered=ordered)
    elif isinstance(expected, list) and isinstance(actual, list):
        yield from _compare_lists(expected, actual, where, ordered=ordered)
    elif _settled(expected) != _settled(actual) or isinstance(expected, bool) != isinstance(actual, bool):
        yield f"{where or 'body'}: {actual!r} instead of {expected!r}"


def _settled(value: Any) -> Any:
    """Return a value, its alternatives of parameters in order: a server orders them anew at each start."""
    found = _ALTERNATIVES.fullmatch(value) if isinstance(value, str) else None
    return value if found is None else (sorted(found[1].split(" OR ")), found[2])


def _compare_lists(expected: list[Any], actual: list[Any], where: str, *, ordered: bool) -> Iterator[str]:
    if len(expected) != len(actual):
        yield f"{where}: {len(actual)} items instead of {len(expected)}"
        return
    rest = list(actual)
    for index, wanted in enumerate(expected):
        fits = None
        if not ordered:
            fits = next(
                (
                    place
                    for place, each in enumerate(rest)
                    if not any(_compare(wanted, each, "", ordered=False))
                ),
                None,
            )
        yield from _compare(wanted, rest.pop(fits or 0), f"{where}[{index}]", ordered=ordered)
