"""The values of a document, which remember where they were written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from papaya.diagnostics import Diagnostic, Mark, Severity
from papaya.manifest.characters import composed
from papaya.manifest.source import Source

Value = Any  # None, bool, int, float, str, Map or List: JSON whose containers know their place.
Path = tuple[str | int, ...]
Place = tuple[Source, int, int]


class Map(dict[str, Value]):
    """A mapping that knows its node and text; `under` is the mapping that it was merged over.

    Marks are looked up in the node when they are asked for: keeping two for every key would cost more than
    reading the file.
    """

    __slots__ = ("node", "source", "under")

    def __init__(self, source: Source, node: Any = None, under: Map | None = None) -> None:
        super().__init__()
        self.source = source
        self.node = node
        self.under = under

    def place(self) -> Place:
        """Return where the mapping starts."""
        return _start(self.source, self.node)

    def place_of(self, key: str | int, *, of_key: bool = False) -> Place:
        """Return where the value of a key is written, or the key itself."""
        for written in self.layers():
            for key_node, value_node in written.node.value if written.node is not None else ():
                if key_node.value == key or composed(key_node.value) == key:
                    return _start(written.source, key_node if of_key else value_node)
        return self.place()

    def written(self, key: str) -> str | None:
        """Return the scalar of a key as it was spelled, if it is one and was written without quotes."""
        for written in self.layers():
            for key_node, value_node in written.node.value if written.node is not None else ():
                if key_node.value == key or composed(key_node.value) == key:
                    return _plain(value_node)
        return None

    def layers(self) -> Iterator[Map]:
        """Yield the mapping and those under it."""
        layer: Map | None = self
        while layer is not None:
            yield layer
            layer = layer.under


class Row(Map):
    """A mapping that came from a row of a CSV text; `columns` says which column each key came from."""

    __slots__ = ("columns", "line")

    def __init__(self, source: Source, line: int, columns: dict[str, int]) -> None:
        super().__init__(source)
        self.line = line
        self.columns = columns

    def place(self) -> Place:
        """Return the line on which the row starts."""
        return (self.source, self.line, -1)

    def place_of(self, key: str | int, *, of_key: bool = False) -> Place:
        """Return the cell that a key came from."""
        return (self.source, self.line, self.columns.get(str(key), -1))

    def written(self, key: str) -> str | None:
        """Return nothing: cells are told by their values."""
        return None


class List(list[Value]):
    """A list that knows its node and text."""

    __slots__ = ("dropped", "node", "source")

    def __init__(self, source: Source, node: Any = None) -> None:
        super().__init__()
        self.source = source
        self.node = node
        self.dropped: tuple[int, ...] = ()

    def drop(self, indices: set[int]) -> None:
        """Take items out; the others keep their places."""
        gone = tuple(self._written_index(index) for index in sorted(indices))
        self[:] = [value for index, value in enumerate(self) if index not in indices]
        self.dropped = tuple(sorted((*self.dropped, *gone)))

    def _written_index(self, index: int) -> int:
        for gone in self.dropped:
            if gone <= index:
                index += 1
        return index

    def place(self) -> Place:
        """Return where the list starts."""
        return _start(self.source, self.node)

    def place_of(self, index: str | int, *, of_key: bool = False) -> Place:
        """Return where an item is written."""
        if self.node is None or not isinstance(index, int):
            return self.place()
        written = self._written_index(index)
        nodes = self.node.value
        return _start(self.source, nodes[written]) if written < len(nodes) else self.place()

    def written(self, index: int) -> str | None:
        """Return the scalar at an index as it was spelled, if it is one and was written without quotes."""
        written = self._written_index(index)
        if self.node is None or written >= len(self.node.value):
            return None
        return _plain(self.node.value[written])


class CellList(List):
    """A list that came from a row of a CSV text: all of it is told at one place."""

    __slots__ = ("at",)

    def __init__(self, at: Place) -> None:
        super().__init__(at[0])
        self.at = at

    def place(self) -> Place:
        """Return the cell."""
        return self.at

    def place_of(self, index: str | int, *, of_key: bool = False) -> Place:
        """Return the cell."""
        return self.at


def plain(value: Value) -> Value:
    """Return a value without any memory of where it was written, and so without its text."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def written_at(container: Value, key: str | int) -> str | None:
    """Return a scalar as it was spelled, if it is one and was written without quotes."""
    if isinstance(container, Map) and isinstance(key, str):
        return container.written(key)
    if isinstance(container, List) and isinstance(key, int):
        return container.written(key)
    return None


def place_at(root: Map | List, path: Path, *, of_key: bool = False) -> Place:
    """Return where the value at a path is written: as much of the path as there is."""
    value: Value = root
    place = root.place()
    for key in path:
        if not isinstance(value, Map | List):
            return place
        place = value.place_of(key, of_key=of_key)
        try:
            value = value[key]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            return place
    return place


def mark_at(place: Place) -> Mark:
    """Return the mark of a place."""
    source, line, column = place
    return source.mark(line, column)


def fault(
    place: Place, summary: str, *, remedy: str = "", path: str | Path = "", severity: Severity = "error"
) -> Diagnostic:
    """Return what is wrong at a place."""
    source, line, column = place
    shown = path if isinstance(path, str) else show_path(path)
    return source.diagnostic(summary, line=line, column=column, remedy=remedy, path=shown, severity=severity)


def show_path(path: Path) -> str:
    """Return a path as a person reads it: `countries[0].states[1].name`."""
    shown = ""
    for key in path:
        shown += f"[{key}]" if isinstance(key, int) else f".{key}" if shown else key
    return shown


def _start(source: Source, node: Any) -> Place:
    return (source, -1, 0) if node is None else (source, node.start_mark.line, node.start_mark.column)


def _plain(node: Any) -> str | None:
    return node.value if isinstance(node.value, str) and not node.style else None
