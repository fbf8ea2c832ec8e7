"""Key filters of an entity query, as SQL."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

from typing import Any

from papaya.sandbox.dialect import Dialect
from papaya.sandbox.numbers import double
from papaya.sandbox.query.filters import Source
from papaya.sandbox.query.keys import ENTITY_FIELD, Key, field_sql, read_key, stored_condition, stored_table
from papaya.sandbox.refusal import broken
from papaya.sandbox.wire import dumps

Condition = tuple[str, tuple[object, ...]]

_NUMERIC = {
    "EQUAL": "=",
    "NOT_EQUAL": "!=",
    "GREATER": ">",
    "LESS": "<",
    "GREATER_OR_EQUAL": ">=",
    "LESS_OR_EQUAL": "<=",
}
_BOOLEAN = {"EQUAL": "=", "NOT_EQUAL": "!="}
_PATTERNS = {"STARTS_WITH": "{}%", "ENDS_WITH": "%{}", "CONTAINS": "%{}%", "NOT_CONTAINS": "%{}%"}


def read_condition(source: Source, dialect: Dialect, values: Any, *, any_of_them: bool) -> Condition:
    """Return what all key filters ask together, or any of them; filters of one key hold of the same value."""
    word = " OR " if any_of_them else " AND "
    by_key: dict[Key, list[dict[str, Any]]] = {}
    for value in values or ():
        if not isinstance(value, dict):
            raise broken("JSON parse error: Cannot deserialize a KeyFilter")
        by_key.setdefault(read_key(value.get("key")), []).append(value)
    return _join([_condition(source, dialect, key, filters, word) for key, filters in by_key.items()], word)


def _condition(
    source: Source, dialect: Dialect, key: Key, filters: list[dict[str, Any]], word: str
) -> Condition:
    on_field = key.type == ENTITY_FIELD
    field = field_sql(source, dialect, key.name) if on_field else ""
    parts = [_predicate(value.get("predicate"), field) for value in filters]
    joined, parameters = _join(parts, word)
    if on_field or not joined:
        return joined, parameters
    condition, of_key = stored_condition(key, "k")
    return (
        f"EXISTS (SELECT 1 FROM {stored_table(key)} k WHERE {condition} AND {joined})",
        (*of_key, *parameters),
    )


def _join(parts: list[Condition], word: str) -> Condition:
    kept = [part for part in parts if part[0]]
    if not kept:
        return "", ()
    return (
        "(" + word.join(part[0] for part in kept) + ")",
        tuple(parameter for part in kept for parameter in part[1]),
    )


def _predicate(value: Any, field: str) -> Condition:
    """Return a predicate on `field`, or on the stored value `k` when there is none."""
    if not isinstance(value, dict):
        raise broken('Cannot invoke "KeyFilterPredicate.getType()" because "predicate" is null')
    kind, operation = value.get("type"), value.get("operation")
    if kind == "COMPLEX":
        if operation not in ("AND", "OR"):
            raise broken("JSON parse error: Cannot deserialize a complex operation")
        return _join([_predicate(part, field) for part in value.get("predicates") or ()], f" {operation} ")
    given = value.get("value")
    wanted = given.get("defaultValue") if isinstance(given, dict) else None
    if isinstance(given, dict) and isinstance(given.get("userValue"), (str, int, float, bool)):
        wanted = given["userValue"]
    if kind == "STRING":
        return _text(field, str(operation), wanted, value.get("ignoreCase") is True)
    if kind == "NUMERIC":
        target = field or "k.value"
        guard = "" if field else "k.kind IN ('l', 'd') AND "
        return f"({guard}{target} {_operator(_NUMERIC, operation)} ?)", (double(wanted),)
    if kind == "BOOLEAN":
        target = field or "k.value"
        guard = "" if field else "k.kind = 'b' AND "
        return f"({guard}{target} {_operator(_BOOLEAN, operation)} ?)", (int(wanted is True),)
    raise broken(f"JSON parse error: Could not resolve type id '{kind}' as a subtype of KeyFilterPredicate")


def _operator(known: dict[str, str], operation: object) -> str:
    if operation not in known:
        raise broken(f"JSON parse error: Cannot deserialize operation {operation}")
    return known[str(operation)]


def _text(field: str, operation: str, wanted: object, ignore_case: bool) -> Condition:
    if wanted is None:
        raise broken('Cannot invoke "String.isEmpty()" because "value" is null')
    text = str(wanted)
    if not text:
        # An empty text filters nothing.
        return "", ()
    guard = f"{field} IS NOT NULL" if field else "k.kind = 's'"
    target = field or "k.value"
    if operation in ("IN", "NOT_IN"):
        words = [word.strip().strip("'\"") for word in text.split(",")]
        negation = "NOT " if operation == "NOT_IN" else ""
        if ignore_case:
            target, words = f"lower({target})", [word.lower() for word in words]
        return f"({guard} AND {target} {negation}IN (SELECT value FROM json_each(?)))", (dumps(words),)
    if operation in _PATTERNS:
        function = "ilike" if ignore_case else "like_exactly"
        negation = "NOT " if operation == "NOT_CONTAINS" else ""
        return f"({guard} AND {negation}{function}({target}, ?))", (_PATTERNS[operation].format(text),)
    operator = _operator(_BOOLEAN, operation)
    if ignore_case:
        target, text = f"lower({target})", text.lower()
    return f"({guard} AND {target} {operator} ?)", (text,)
