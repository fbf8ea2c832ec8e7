"""TBEL scripts of calculated fields and alarm rules, tried on the server before they are saved.

`POST /api/calculatedField/testScript` (4.0 on) runs a script with given values. A script behind `return 1;`
is compiled and not run (tried on 4.0.1 and 4.3.1.3), which tells a broken one from one that does not like the
values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from papaya.errors import ServerError
from papaya.kinds.request import Conversation, Request
from papaya.manifest.model import Json

_TEST: Final = "/api/calculatedField/testScript"
_NOT_RUN: Final = "return 1; "
_PLACE: Final = re.compile(r"\[Line: (\d+), Column: (\d+)\]")
_UNKNOWN: Final = re.compile(r"unresolvable property or identifier: (\w+)")
_PREFIX: Final = re.compile(r"^(?:Can't compile script: |[\w.]+Exception: )*(?:\[Error: )?")


def script_fault(script: str, arguments: Mapping[str, Json]) -> Conversation[tuple[str, int] | None]:
    """Ask the server whether a script can be compiled and knows its names.

    Returns what is wrong and at which character, or None: also where the server does not test scripts.
    """
    try:
        compiled = yield _test(_NOT_RUN + script, arguments)
        error = _error(compiled)
        if error:
            return _told(error), max(0, _offset(error, _NOT_RUN + script) - len(_NOT_RUN))
        answer = yield _test(script, arguments)
    except ServerError:
        return None
    error = _error(answer)
    unknown = _UNKNOWN.search(error)
    if unknown is None or unknown[1] in arguments:
        # Other errors may come of the values, which are made up.
        return None
    summary = f"it uses {unknown[1]}, which is neither an argument nor a variable"
    found = re.search(rf"(?<![\w.]){re.escape(unknown[1])}\b", script)
    return summary, found.start() if found is not None else 0


def _test(script: str, arguments: Mapping[str, Json]) -> Request:
    values: dict[str, Json] = {name: _value(argument) for name, argument in arguments.items()}
    return Request("POST", _TEST, {"expression": script, "arguments": values}, repeatable=True)


def _value(argument: Json) -> Json:
    key = argument.get("refEntityKey") if isinstance(argument, dict) else None
    if isinstance(key, dict) and key.get("type") == "TS_ROLLING":
        return {
            "type": "TS_ROLLING",
            "timeWindow": {"startTs": 1, "endTs": 3},
            "values": [{"ts": 1, "value": 1}, {"ts": 2, "value": 2}],
        }
    return {"type": "SINGLE_VALUE", "ts": 1, "value": 1}


def _error(answer: Json) -> str:
    error = answer.get("error") if isinstance(answer, dict) else None
    return error if isinstance(error, str) else ""


def _told(error: str) -> str:
    """Return the first line of the server's words, without the names of its classes."""
    first = _PREFIX.sub("", error.split("\n", 1)[0]).strip()
    return f"the server cannot compile the script: {first.removesuffix(']')}"


def _offset(error: str, script: str) -> int:
    found = _PLACE.search(error)
    if found is None:
        return 0
    lines = script.split("\n")
    line = min(int(found[1]), len(lines))
    return sum(len(one) + 1 for one in lines[: line - 1]) + max(0, int(found[2]) - 1)


def output_keys(script: str) -> Iterator[str]:
    """Yield the keys that a script writes, as far as its text tells: those of a map that it returns."""
    for returned in re.finditer(r"return\s*\{([^{}]*)\}", script):
        yield from re.findall(r"[\"']?([\w.\-]+)[\"']?\s*:", returned[1])
