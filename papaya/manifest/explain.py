"""What the schema found, in the words of the person who wrote the manifest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from papaya.counting import first_of
from papaya.diagnostics import Diagnostic
from papaya.manifest.numerals import hint_for, point_in
from papaya.manifest.scalars import resolve
from papaya.manifest.schema import Finding
from papaya.manifest.source import names_a_secret, without_secrets
from papaya.manifest.tree import List, Map, Path, Value, fault, place_at, show_path, written_at
from papaya.remedies import nearest

_TYPES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
}
_BOTH = 2
_REFERENCE = "write a reference: {env: NAME} or {file: PATH}"
_PASTED_SECRET = "a secret never stands in a manifest; " + _REFERENCE


def explain(root: Map | List, finding: Finding) -> Diagnostic:
    """Return the diagnostic of a finding."""
    summary, remedy = _say(root, finding)
    path = finding.path if finding.key is None else (*finding.path, finding.key)
    place = place_at(root, path, of_key=finding.key is not None)
    return fault(place, summary, remedy=remedy, path=path)


def did_you_mean(wrong: str, known: Iterable[str], *, otherwise: bool = True) -> str:
    """Return a remedy that names what is most like a wrong name, or else all known ones."""
    names = sorted(set(known))
    near = nearest(wrong, names)
    if near:
        return f"did you mean {near}?"
    return f"known here: {first_of(names, 12)}" if otherwise and names else ""


def describe(value: Value, *, secret: bool = False) -> str:
    """Return what a value is, without what it says if that may be a secret."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "a number" if secret else f"the number {_short(value)}"
        case str():
            return "text" if secret else f'the text "{_short(value)}"'
        case list():
            return "a list"
    return "a mapping"


def _say(root: Map | List, finding: Finding) -> tuple[str, str]:
    name = _name(finding.path)
    rule, value = finding.rule, finding.value
    secret = bool(finding.path) and names_a_secret(str(finding.path[-1]))
    hint = str(rule.get("patternErrorMessage", ""))
    match finding.keyword:
        case "additionalProperties":
            return _unknown_key(finding)
        case "required":
            return _missing(finding)
        case "type":
            return _wrong_type(root, finding, name, secret)
        case "enum" | "const":
            return _wrong_choice(finding, name, hint)
        case "pattern":
            what = (
                f'the name "{_short(value)}"'
                if finding.key is not None
                else f"{name}: {describe(value, secret=secret)}"
            )
            return f"{what} is not allowed", hint
        case "minimum" | "maximum" | "exclusiveMinimum":
            limit = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than"}[
                finding.keyword
            ]
            return f"{name} must be {limit} {finding.expected}, not {_short(value)}", ""
        case "minLength":
            return (
                f"{name} is empty" if finding.key is None else "a key is empty"
            ), "write it, or remove the key"
        case "maxLength":
            return f"{name} is longer than {finding.expected:,} characters ({len(value):,})", "shorten it"
        case "minProperties":
            return f"{name} says neither env nor file", _REFERENCE
        case "maxProperties":
            return f"{name} says both env and file", "keep one of them"
        case "minItems":
            return f"{name} is an empty list", "name at least one, or remove the key"
        case "uniqueItems":
            return f"{name} names something twice", "remove the repetition"
    return f"{name} is not allowed here", hint


def _unknown_key(finding: Finding) -> tuple[str, str]:
    where = _name(finding.path)
    key = finding.key or ""
    summary = (
        f'{where} has no key "{_short(key)}"' if finding.path else f'there is no key "{_short(key)}" here'
    )
    if finding.rule.get("title") == "Secret reference" and names_a_secret(key):
        return summary, _PASTED_SECRET
    return summary, did_you_mean(key, finding.expected)


def _missing(finding: Finding) -> tuple[str, str]:
    title = str(finding.rule.get("title", "this entry"))
    owner = "the document" if not finding.path else f"this {title[0].lower()}{title[1:]}"
    if finding.path and isinstance(finding.path[-1], str):
        owner = finding.path[-1]
    example = _EXAMPLES.get(finding.expected, "…")
    return f'{owner} has no "{finding.expected}"', f"write `{finding.expected}: {example}`"


def _wrong_type(root: Map | List, finding: Finding, name: str, secret: bool) -> tuple[str, str]:
    allowed = [finding.expected] if isinstance(finding.expected, str) else list(finding.expected)
    value = finding.value
    wanted = " or ".join(_TYPES[kind] for kind in allowed if kind != "null")
    if finding.rule.get("title") == "Secret reference" or (secret and "object" in allowed):
        return f"{name} must be a reference to a secret, not {describe(value, secret=True)}", _PASTED_SECRET
    if "string" in allowed and isinstance(value, bool | int | float):
        spelled = _spelled(root, finding.path, value)
        shown = "" if secret else f" {_short(spelled)}"
        kind = "a truth value" if isinstance(value, bool) else "the number"
        summary = f"{name} must be {wanted}, not {kind}{shown}"
        key = f"{finding.path[-1]}: " if finding.path and isinstance(finding.path[-1], str) else ""
        return summary, "quote it" if secret else f'quote it: {key}"{_short(spelled)}"'
    summary = f"{name} must be {wanted}, not {describe(value, secret=secret)}"
    if finding.path and finding.path[-1] == "location" and value is not None:
        return summary, _how_to_locate(value)
    if isinstance(value, str) and {"number", "integer", "boolean"} & set(allowed):
        if isinstance(resolve(value), bool | int | float):
            return summary, f"remove the quotes: {value}"
        if "boolean" in allowed and value.lower() in ("yes", "no", "on", "off"):
            return summary, f"write {'true' if value.lower() in ('yes', 'on') else 'false'}"
    if value is None:
        return summary, "write a value, or remove the key"
    if isinstance(value, str) and {"number", "integer"} & set(allowed) and not secret:
        return summary, hint_for(value)
    return summary, ""


def _wrong_choice(finding: Finding, name: str, hint: str) -> tuple[str, str]:
    if finding.keyword == "const":
        return (
            f"{name} must be {finding.expected}, not {describe(finding.value)}",
            f"write {finding.expected}",
        )
    choices = [choice for choice in finding.expected if choice is not None]
    summary = f"{name} must be {' or '.join(map(str, choices))}, not {describe(finding.value)}"
    if finding.path and finding.path[-1] == "location":
        return summary, _how_to_locate(finding.value)
    if hint:
        return summary, hint
    remedy = did_you_mean(finding.value, choices, otherwise=False) if isinstance(finding.value, str) else ""
    return summary, remedy


def _how_to_locate(value: Value) -> str:
    """Return how to write a location that is neither a mapping nor auto."""
    latitude, longitude = "12.97", "77.59"
    if isinstance(value, list) and len(value) == _BOTH and all(isinstance(one, int | float) for one in value):
        latitude, longitude = (str(one) for one in value)
    elif isinstance(value, str) and (point := point_in(value)) is not None:
        latitude, longitude = point
    return f"write location: {{latitude: {latitude}, longitude: {longitude}}}"


def _name(path: Path) -> str:
    if not path:
        return "the document"
    if isinstance(path[-1], int):
        return show_path(path[-2:])
    return path[-1]


def _spelled(root: Map | List, path: Path, value: Any) -> str:
    container: Value = root
    for key in path[:-1]:
        container = container[key]
    written = written_at(container, path[-1]) if path else None
    return written if written is not None else str(value)


def _short(value: Any) -> str:
    shown = without_secrets(str(value))
    return shown if len(shown) <= 60 else shown[:59] + "…"


_EXAMPLES = {
    "apiVersion": "papaya/v1",
    "kind": "Fleet",
    "metadata": "{name: my-fleet}",
    "name": "NAME",
    "key": "temperature.celsius",
    "latitude": "12.97",
    "longitude": "77.59",
    "csv": "meters.csv",
}
