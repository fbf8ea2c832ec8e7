"""The JSON Schema of manifests, and what it finds in a document."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from papaya.manifest.tree import List, Map, Path, Value
from papaya.resources import locate

Definition = Literal["fleet", "countryDocument", "device", "secret"]
_PASSES = 6
_TOGETHER = 1_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the schema refuses: where, by which keyword of which rule.

    `key` is the key of a mapping that is meant, when it is the key and not its value that is refused.
    """

    path: Path
    keyword: str
    expected: Any
    rule: dict[str, Any]
    value: Value
    key: str | None = None


@cache
def schema() -> dict[str, Any]:
    """Return the JSON Schema of manifests."""
    read: dict[str, Any] = json.loads(locate("schemas", "fleet.schema.json").read_text(encoding="utf-8"))
    return read


def find(value: Value, definition: Definition, *, each: bool = False) -> list[Finding]:
    """Return what the schema refuses in a value, or in each item of a list."""
    accepts = _accepts(definition, each)
    # The validator makes a copy of what it looks at: of 100,000 rows it would take 200 MB.
    parts = [value]
    if each and len(value) > _TOGETHER:
        parts = [value[start : start + _TOGETHER] for start in range(0, len(value), _TOGETHER)]
    if all(map(accepts, parts)):
        return []
    return list(_explain(value, definition, each))


def prune(
    value: Map | List, findings: Sequence[Finding], definition: Definition, *, each: bool = False
) -> bool:
    """Take out what the schema refuses, so that the rest can be checked; return whether that is whole."""
    for _ in range(_PASSES):
        if any(not finding.path and finding.key is None for finding in findings):
            return False
        _take_out(value, findings)
        # What is taken out may have been required, so that its owner has to go, too.
        findings = find(value, definition, each=each)
        if not findings:
            return True
    return False


@cache
def _rooted(definition: Definition, each: bool) -> dict[str, Any]:
    one = {"$ref": f"#/$defs/{definition}"}
    whole = {"type": "array", "items": one} if each else one
    return {"$schema": schema()["$schema"], "$defs": schema()["$defs"], **whole}


@cache
def _accepts(definition: Definition, each: bool) -> Callable[[Value], bool]:
    """Return the fastest test there is; it may refuse too much, never accept too much."""
    try:
        import jsonschema_rs
    except ImportError:
        return lambda value: False
    compiled = jsonschema_rs.validator_for(_rooted(definition, each))

    def accepts(value: Value) -> bool:
        try:
            return bool(compiled.is_valid(value))
        except Exception:  # An optional accelerator must not decide what a fault is: jsonschema does.
            return False

    return accepts


@cache
def _validator(definition: Definition, each: bool) -> Any:
    # Imported late: it takes longer to import than a valid manifest of one city takes to check.
    from jsonschema import Draft202012Validator, ValidationError
    from jsonschema.validators import extend

    def matches(_: Any, pattern: str, value: Value, __: Any) -> Iterator[ValidationError]:
        # `$` ends the text in JSON Schema; in Python a line break may follow.
        if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), value):
            yield ValidationError(f"{value!r} does not match {pattern!r}")

    strict: Any = extend(Draft202012Validator, {"pattern": matches})  # type: ignore[no-untyped-call]
    return strict(_rooted(definition, each))


def _explain(value: Value, definition: Definition, each: bool) -> Iterator[Finding]:
    for error in _validator(definition, each).iter_errors(value):
        path: Path = tuple(error.absolute_path)
        rule = error.schema if isinstance(error.schema, dict) else {}
        key = error.instance if "propertyNames" in error.schema_path else None
        if error.validator == "additionalProperties":
            known = rule.get("properties", {})
            for unknown in error.instance:
                if unknown not in known:
                    yield Finding(path, "additionalProperties", sorted(known), rule, error.instance, unknown)
            continue
        if error.validator == "required":
            missing = [name for name in error.validator_value if name not in error.instance]
            # jsonschema tells one missing key at a time and names it in its message only.
            named = next((name for name in missing if error.message.startswith(repr(name))), missing[0])
            yield Finding(path, "required", named, rule, error.instance)
            continue
        yield Finding(path, error.validator, error.validator_value, rule, error.instance, key)


def _take_out(root: Map | List, findings: Sequence[Finding]) -> None:
    shortened: dict[int, tuple[List, set[int]]] = {}
    for finding in findings:
        path = finding.path if finding.key is None else (*finding.path, finding.key)
        if finding.keyword == "required" and not path:
            continue
        container = _at(root, path[:-1])
        last = path[-1]
        if isinstance(container, Map) and isinstance(last, str):
            container.pop(last, None)
        elif isinstance(container, List) and isinstance(last, int):
            shortened.setdefault(id(container), (container, set()))[1].add(last)
    for values, dropped in shortened.values():
        values.drop(dropped)


def _at(value: Value, path: Path) -> Value:
    for key in path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return None
    return value
