"""The parts of a form upload."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from papaya.sandbox.refusal import BAD_REQUEST, Refusal, broken
from papaya.sandbox.rest.call import Call

_BOUNDARY = re.compile(r'multipart/form-data;.*boundary="?([^";]+)"?', re.IGNORECASE)
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Part:
    """One part: a field, or a file with its name and content type."""

    data: bytes
    file_name: str | None
    content_type: str | None

    @property
    def encoded(self) -> str:
        """The data in base64."""
        return base64.b64encode(self.data).decode()

    @property
    def text(self) -> str:
        """The data of a field."""
        return self.data.decode("utf-8", "replace")


def read_parts(call: Call) -> dict[str, Part]:
    """Return the parts of a request by name; a request that is no upload is refused."""
    found = _BOUNDARY.match(call.headers.get("Content-Type", ""))
    if found is None:
        kind = call.headers.get("Content-Type", "")
        message = f"Content-Type '{kind}' is not supported"
        raise Refusal(415, BAD_REQUEST, message, by_advice=False)
    parts = {}
    for chunk in call.body.split(b"--" + found[1].encode())[1:]:
        head, separator, data = chunk.partition(b"\r\n\r\n")
        if not separator:
            continue
        headers = _headers(head.decode("utf-8", "replace"))
        named = dict(_PARAMETER.findall(headers.get("content-disposition", "")))
        part = Part(data.removesuffix(b"\r\n"), named.get("filename"), headers.get("content-type"))
        parts[named.get("name", "")] = part
    return parts


def argument(call: Call, name: str) -> str | None:
    """Return a parameter of an upload, which clients send in the query or as a field of the form."""
    asked = call.argument(name)
    if asked is not None or _BOUNDARY.match(call.headers.get("Content-Type", "")) is None:
        return asked
    part = read_parts(call).get(name)
    return None if part is None or part.file_name is not None else part.text or None


def required_part(call: Call, name: str) -> Part:
    """Return one part that an upload cannot do without."""
    part = read_parts(call).get(name)
    if part is None:
        raise broken(f"Required part '{name}' is not present.")
    return part


def _headers(text: str) -> dict[str, str]:
    lines = (line.partition(":") for line in text.split("\r\n") if ":" in line)
    return {name.strip().lower(): value.strip() for name, _, value in lines}
