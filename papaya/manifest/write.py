"""Documents to YAML that every reader of YAML, old or new, takes for the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import yaml

_WIDTH = 108
_TOGETHER = 1_000

Progress = Callable[[int, int], object]
# PyYAML quotes what YAML 1.1 would not take for text; these are numbers in YAML 1.2 only.
_NUMBERS_OF_TODAY = re.compile(
    r"^(?:0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)$"
)


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """A dumper that repeats instead of using anchors, and quotes whatever anybody takes for a number."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out: people read this."""
        return True


_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", _NUMBERS_OF_TODAY, list("-+.0123456789"))


def large_to_yaml(document: Mapping[str, Any], progress: Progress) -> str:
    """Return a Fleet document as YAML; the devices of its States are written by the thousand.

    PyYAML makes a tree of several KB of each device before it writes the first one. `progress` hears how many
    of how many devices are written.
    """
    skeleton, lists = _without_devices(document)
    total = sum(map(len, lists.values()))
    parts: list[str] = []
    done = 0
    for mark, devices in lists.items():
        before, _, skeleton = skeleton.partition(f" [{mark}]\n")
        parts.append(f"{before}\n")
        for start in range(0, len(devices), _TOGETHER):
            some = devices[start : start + _TOGETHER]
            # As deep as in the whole document, so that lines are folded in the same places.
            written = to_yaml({"countries": [{"states": [{"devices": some}]}]})
            parts.append(written.partition("devices:\n")[2])
            done += len(some)
            progress(done, total)
    return "".join((*parts, skeleton))


def _without_devices(document: Mapping[str, Any]) -> tuple[str, dict[str, Sequence[Any]]]:
    """Return a document as YAML with a mark for the devices of each State, and the devices by their marks."""
    lists: dict[str, Sequence[Any]] = {}

    def marked(beginning: str) -> str:
        lists.clear()
        countries = []
        for country in document.get("countries", ()):
            states = []
            for state in country.get("states", ()):
                if state.get("devices"):
                    mark = f"{beginning}-{len(lists)}"
                    lists[mark] = state["devices"]
                    state = {**state, "devices": [mark]}
                states.append(state)
            countries.append({**country, "states": states} if states else country)
        return to_yaml({**document, "countries": countries} if lists else document)

    text = marked(beginning := "devices")
    while text.count(f" [{beginning}-") > len(lists):
        # Something else in the manifest reads like a mark.
        beginning += "-"
        text = marked(beginning)
    return text, lists


def to_yaml(document: Any) -> str:
    """Return a document as YAML, its keys in their order."""
    written = yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH, default_flow_style=None
    )
    return str(written)
