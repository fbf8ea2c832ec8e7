"""Documents to YAML that every reader of YAML, old or new, takes for the same."""

from __future__ import annotations

import re
from typing import Any

import yaml

_WIDTH = 108
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


def to_yaml(document: Any) -> str:
    """Return a document as YAML, its keys in their order."""
    written = yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH, default_flow_style=None
    )
    return str(written)
