"""Bounds for YAML texts that would exhaust the process: nesting and what aliases expand to."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Any, Final

import yaml
from yaml.events import CollectionEndEvent, CollectionStartEvent
from yaml.nodes import MappingNode, Node, ScalarNode

DEEPEST: Final = 64
# A hundred thousand devices have half as many values; each takes some 400 bytes while it is read.
MOST_VALUES: Final = 4_000_000
# Aliases may make a document ten times as large as it is written: shared defaults do, bombs do more.
_GROWTH = 10
_SMALL = 10_000
_BRACKETS = re.compile(r"[\[\]{}]")
_INDICATORS = re.compile(r"[-?:](?=\s|$)")
_STEP = {"[": 1, "{": 1, "]": -1, "}": -1}
# Within a line of 300 characters no more than 150 collections start, and libyaml composes 1,000 safely.
_LONG_LINE = 300


def may_exhaust(text: str) -> bool:
    """Return whether a text may hold more values than a manifest ever has: each ends at one of these."""
    return len(text) > MOST_VALUES and sum(map(text.count, ",:\n")) > MOST_VALUES


def deepest(text: str, parser: Any) -> tuple[int, int] | None:
    """Return line and column at which a text is nested too deeply, if it is.

    The composer of libyaml recurses in C and crashes the process, so papaya finds the depth before it runs.
    Counting events costs a third of composing, so papaya counts only where brackets or long lines allow for
    depth.
    """
    if not _may_be_deep(text):
        return None
    depth = 0
    reader = parser(text)
    try:
        while reader.check_event():
            event = reader.get_event()
            if isinstance(event, CollectionStartEvent):
                depth += 1
                if depth > DEEPEST:
                    mark: Any = event.start_mark
                    return mark.line, mark.column
            elif isinstance(event, CollectionEndEvent):
                depth -= 1
    except yaml.YAMLError:
        # The composer stops at the same place; until there the text was not too deep.
        return None
    return None


def expansion(root: Node) -> tuple[str, Node] | None:
    """Return what is wrong with the aliases of a document and where: they make it endless, huge or deep."""
    sizes: dict[int, tuple[int, int]] = {}
    started: set[int] = set()
    written = 0
    stack: list[Node] = [root]
    while stack:
        node = stack[-1]
        if isinstance(node, ScalarNode) or id(node) in sizes:
            stack.pop()
            continue
        children = _children(node)
        if id(node) not in started:
            started.add(id(node))
            written += 1 + len(children)
            pending = [
                child for child in children if not isinstance(child, ScalarNode) and id(child) not in sizes
            ]
            if any(id(child) in started for child in pending):
                return "an alias (*) stands inside the anchor (&) that it names", node
            stack.extend(pending)
            continue
        measured = [sizes.get(id(child), (1, 0)) for child in children]
        size = 1 + sum(size for size, _ in measured)
        depth = 1 + max((depth for _, depth in measured), default=0)
        if depth > DEEPEST:
            return "aliases (*) nest the document too deeply", node
        sizes[id(node)] = (size, depth)
        stack.pop()
    if sizes and sizes[id(root)][0] > _GROWTH * written + _SMALL:
        return f"aliases (*) expand the document to {sizes[id(root)][0]:,} values", root
    return None


def _may_be_deep(text: str) -> bool:
    brackets = (_STEP[bracket] for bracket in _BRACKETS.findall(text))
    if max(accumulate(brackets), default=0) > DEEPEST:
        return True
    return any(
        len(line) > _LONG_LINE
        and len(_INDICATORS.findall(line)) + len(line) - len(line.lstrip(" ")) > _LONG_LINE // 2
        for line in text.split("\n")
    )


def _children(node: Any) -> list[Node]:
    if isinstance(node, MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value)
