"""YAML text to documents: every fault of the text itself is told here, none is raised."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.nodes import Node, ScalarNode, SequenceNode

from papaya.conflicts import CONFLICT, CONFLICT_REMEDY, conflict_in
from papaya.diagnostics import Diagnostic
from papaya.manifest.bounds import MOST_VALUES, deepest, expansion, may_exhaust
from papaya.manifest.characters import composed, odd_colon, odd_ends
from papaya.manifest.scalars import Scalar, is_number_elsewhere, loses_zeros, resolve
from papaya.manifest.source import Source
from papaya.manifest.tree import List, Map, Value
from papaya.manifest.yaml_faults import explain_yaml

_PLAIN = "plain"
_QUOTED = "quoted"
_COLLECTION = "collection"
_TEXT_TAG = "tag:yaml.org,2002:str"
_CORE_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null"))
_COLLECTION_TAGS = frozenset({_COLLECTION, "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})
_MERGE = "<<"
_EXPRESSION = re.compile(r"\{\{.*?\}\}")
# Two escapes of JSON for one character beyond the first 65,536, as json.dump writes it.
_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_ESCAPE_PROBLEM = "invalid Unicode character escape code"
_DIGITS = frozenset("0123456789+-")


class _Tags:
    """Marks plain scalars for our own resolution instead of resolving them as YAML 1.1."""

    def resolve(self, kind: type[Node], value: Any, implicit: Any) -> str:
        """Return a tag that says how a node without a tag was written."""
        if kind is not ScalarNode:
            return _COLLECTION
        return _PLAIN if implicit[0] else _QUOTED

    def check_resolver_prefix(self, depth: Any, path: Any, kind: Any, value: Any) -> bool:
        """Return that no path has a resolver of its own."""
        return False

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """Keep no path."""

    def ascend_resolver(self) -> None:
        """Keep no path."""


try:
    from yaml.cyaml import CParser  # type: ignore[attr-defined]

    class _Composer(_Tags, CParser):
        """The composer of libyaml."""

except ImportError:  # PyYAML built without libyaml: slower by an order of magnitude, with the same results.
    from yaml.composer import Composer
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class _Composer(_Tags, Reader, Scanner, Parser, Composer):  # type: ignore[no-redef]
        """The composer of PyYAML itself."""

        def __init__(self, stream: str) -> None:
            Reader.__init__(self, stream)
            Scanner.__init__(self)
            Parser.__init__(self)
            Composer.__init__(self)


@dataclass(frozen=True, slots=True)
class Parsed:
    """The documents of one text, as far as it could be read, and what is wrong with it.

    `is_ambiguous` says that somewhere a plain scalar is text here and a number for readers of YAML 1.1;
    `has_endless` that somewhere a number is infinite or none.
    """

    documents: tuple[Value, ...]
    faults: tuple[Diagnostic, ...]
    is_ambiguous: bool = False
    has_endless: bool = False


def parse(source: Source) -> Parsed:
    """Return the documents of a YAML text; empty ones are left out."""
    text = source.text.removeprefix("\ufeff")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start)
        return _refused(source, "the text has a lone surrogate, which no file can hold", line)
    conflict = conflict_in(text)
    if conflict is not None:
        found = source.diagnostic(CONFLICT, line=conflict - 1, remedy=CONFLICT_REMEDY)
        return Parsed((), (found,))
    if may_exhaust(text):
        return _refused(source, f"the text may hold more than {MOST_VALUES:,} values, too many to be read")
    nested = deepest(text, _Composer)
    if nested is not None:
        return _refused(source, "the document is nested too deeply", nested[0], nested[1])
    nodes: list[Node] = []
    faults: list[Diagnostic] = []
    try:
        nodes = _composed_nodes(text)
    except _Incomplete as error:
        nodes = error.nodes
        faults.append(explain_yaml(source, error.reason))
    except RecursionError:
        return _refused(source, "the document is nested too deeply")
    documents = []
    is_ambiguous = has_endless = False
    for node in nodes:
        reader = _Reader(source)
        refused = expansion(node) if "*" in text and "&" in text else None
        if refused is not None:
            summary, at = refused
            reader.refuse(at, summary, "write it out, or repeat less")
        elif not (isinstance(node, ScalarNode) and node.tag == _PLAIN and node.value == ""):
            documents.append(reader.value(node))
        faults.extend(reader.faults)
        is_ambiguous = is_ambiguous or reader.is_ambiguous
        has_endless = has_endless or reader.has_endless
    return Parsed(tuple(documents), tuple(faults), is_ambiguous, has_endless)


class _Incomplete(Exception):
    """A text stops being YAML; `nodes` are the documents before."""

    def __init__(self, nodes: list[Node], reason: yaml.YAMLError) -> None:
        super().__init__()
        self.nodes = nodes
        self.reason = reason


def _composed_nodes(text: str) -> list[Node]:
    """Return the documents of a text as nodes."""
    nodes: list[Node] = []
    try:
        composer = _Composer(text)
        while composer.check_node():
            node = composer.get_node()
            if node is not None:
                nodes.append(node)
    except yaml.YAMLError as error:
        joined = _PAIR.sub(_joined, text) if _ESCAPE_PROBLEM in str(error) else text
        if joined != text:
            # JSON may write such a character as two escapes, YAML may not.
            return _composed_nodes(joined)
        raise _Incomplete(nodes, error) from error
    return nodes


def _joined(pair: re.Match[str]) -> str:
    high, low = int(pair[2], 16), int(pair[3], 16)
    return f"{pair[1]}\\U{0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF):08X}"


class _Reader:
    """Turns the nodes of one document into values and collects what is wrong with them."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.faults: list[Diagnostic] = []
        self.aliased: dict[int, Value] = {}
        self.is_ambiguous = False
        self.has_endless = False

    def refuse(self, node: Node, summary: str, remedy: str = "", *, warn: bool = False) -> None:
        """Note a fault at a node."""
        self.faults.append(
            self.source.diagnostic(
                summary,
                line=node.start_mark.line,
                column=node.start_mark.column,
                remedy=remedy,
                severity="warning" if warn else "error",
            )
        )

    def value(self, node: Node) -> Value:
        """Return the value of a node; a node that is used again keeps its one value."""
        if isinstance(node, ScalarNode):
            return self.scalar(node)
        known = self.aliased.get(id(node))
        if known is not None:
            return known
        if node.tag not in _COLLECTION_TAGS:
            self.refuse(node, f"the tag {_tag(node)} is not known", "remove it")
        value = self.sequence(node) if isinstance(node, SequenceNode) else self.mapping(node)
        self.aliased[id(node)] = value
        return value

    def scalar(self, node: ScalarNode) -> Scalar:
        """Return the value of a scalar node."""
        tag = node.tag
        if tag == _PLAIN:
            value = resolve(node.value)
            if isinstance(value, float) and not math.isfinite(value):
                self.has_endless = True
            if value.__class__ is int and loses_zeros(node.value):
                self.refuse(
                    node,
                    f"{node.value} is the number {value} here, its zeros are lost",
                    f'if it is a name or a code, quote it: "{node.value}"',
                    warn=True,
                )
            elif value.__class__ is str and node.value[0] in _DIGITS and is_number_elsewhere(node.value):
                self.is_ambiguous = True
            elif value.__class__ is str and not node.value.isascii():
                self.doubt_ends(node)
            return composed(value) if isinstance(value, str) else value
        if tag in (_QUOTED, _TEXT_TAG):
            return composed(node.value)
        if tag not in _CORE_TAGS:
            self.refuse(node, f"the tag {_tag(node)} is not known", "remove it")
        return resolve(node.value)

    def doubt_ends(self, node: ScalarNode, *, of_key: bool = False) -> None:
        """Tell of quotation marks and blanks of a word processor at the ends of a text."""
        found = odd_ends(node.value)
        if of_key and found is None and (blank := odd_colon(node.value)):
            self.refuse(node, f"{blank} follows the colon", "write an ordinary blank")
        if found is None:
            return
        what, bare = found
        remedy = f"write {bare}" if of_key else f'if it is not meant, write "{bare}"'
        part_of = "key" if of_key else "text"
        self.refuse(node, f"{what} is a part of the {part_of} here", remedy, warn=not of_key)

    def sequence(self, node: SequenceNode) -> List:
        """Return the list of a sequence node."""
        values = List(self.source, node)
        values.extend([self.value(item) for item in node.value])
        return values

    def unquoted_expression(self, node: Node) -> str | None:
        """Return `{{ column }}` where that stands without quotes, which makes it two mappings, and say so."""
        line, column = node.start_mark.line, node.start_mark.column
        if not self.source.lines[line].startswith("{{", column):
            return None
        found = _EXPRESSION.match(self.source.lines[line], column)
        written = found.group() if found else "{{ … }}"
        self.refuse(node, f"{written} needs quotes", f'quote it: "{written}"')
        return written

    def mapping(self, node: Node) -> Map | str:
        """Return the mapping of a mapping node, its merged mappings under its own keys.

        An expression without quotes is told, and returned as the text that was meant.
        """
        values = Map(self.source, node)
        merged: list[Node] = []
        if (expression := self.unquoted_expression(node)) is not None:
            return expression
        for key_node, value_node in node.value:
            key = key_node.value
            if key_node.tag != _QUOTED:
                if key == _MERGE and key_node.tag == _PLAIN:
                    merged.append(value_node)
                    continue
                if not self.is_text_key(key_node, value_node):
                    continue
            if composed(key) in values:
                key = composed(key)
                first = values.place_of(key, of_key=True)
                self.refuse(
                    key_node,
                    f'the key "{key}" stands here twice, first on line {first[0].mark(first[1], 0).line}',
                    "remove one of them",
                )
                continue
            values[composed(key)] = self.value(value_node)
        for value_node in reversed(merged):
            self.merge(values, value_node)
        return values

    def is_text_key(self, node: Node, value: Node) -> bool:
        """Return whether a key is text, and say so if it is not."""
        if isinstance(node, ScalarNode) and isinstance(node.value, str):
            key = self.scalar(node) if node.tag not in (_PLAIN, _QUOTED) else resolve(node.value)
            if isinstance(key, str):
                if not key.isascii():
                    self.doubt_ends(node, of_key=True)
                return True
            shown = node.value or "nothing"
            # {latitude: 12,97} has the key 97, without a value.
            is_rest = isinstance(key, int) and value.value == ""
            comma = "write a point instead of a decimal comma, or " if is_rest else ""
            self.refuse(node, f"a key must be text, {shown} is not", f'{comma}quote it: "{node.value}"')
            return False
        self.refuse(node, "a key must be text, not a list or a mapping", "write a plain key")
        return False

    def merge(self, values: Map, node: Node) -> None:
        """Put mappings that `<<` names under a mapping; what it has itself stays."""
        for merged_node in node.value if isinstance(node, SequenceNode) else (node,):
            merged = self.value(merged_node)
            if not isinstance(merged, Map):
                self.refuse(merged_node, '"<<" needs a mapping', "name an anchor of a mapping: `<<: *anchor`")
                continue
            last = list(values.layers())[-1]
            below = Map(merged.source, merged.node)
            last.under = below
            for key, value in merged.items():
                values.setdefault(key, value)


def _refused(source: Source, summary: str, line: int = -1, column: int = 0) -> Parsed:
    return Parsed((), (source.diagnostic(summary, line=line, column=column),))


def _tag(node: Node) -> str:
    return str(node.tag).replace("tag:yaml.org,2002:", "!!")
