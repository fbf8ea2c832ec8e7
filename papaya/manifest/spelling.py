"""Numbers that are stored in another spelling than written: `1.10` may be a version, `12e5` a code."""

from __future__ import annotations

from collections.abc import Iterator

from papaya.diagnostics import Diagnostic
from papaya.manifest.scalars import loses_spelling
from papaya.manifest.tree import List, Map, Path, Value, fault, written_at


def spelling_faults(value: Value, path: Path) -> Iterator[Diagnostic]:
    """Yield a warning for each number in a list or mapping, at any depth, that loses its spelling."""
    pending: list[tuple[Value, Path]] = [(value, path)]
    while pending:
        item, where = pending.pop()
        if not isinstance(item, Map | List):
            continue
        for key, member in item.items() if isinstance(item, Map) else enumerate(item):
            if isinstance(member, Map | List):
                pending.append((member, (*where, key)))
            elif isinstance(member, int | float) and not isinstance(member, bool):
                yield from spelling_fault(item, key, member, (*where, key))


def spelling_fault(container: Map | List, key: str | int, value: float, path: Path) -> Iterator[Diagnostic]:
    """Yield a warning if a number loses its spelling."""
    written = written_at(container, key)
    if written is not None and loses_spelling(written, value):
        yield fault(
            container.place_of(key),
            f"{written} is the number {value!r} here",
            remedy=f'if it is a version or a code, quote it: "{written}"',
            path=path,
            severity="warning",
        )
