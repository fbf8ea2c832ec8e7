"""What the server takes without a word though a calculated field or an alarm rule then never works.

Tried on 4.0.1 and 4.3.1.3: undefined arguments, attributes without scope, wrong names and broken expressions
are all saved. Each fault is told at its place in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from papaya.kinds.expressions import expression_faults
from papaya.kinds.field_parts import ALARM, FIELD_TYPES, TYPE, configuration_in, is_wrapped
from papaya.kinds.json_places import Path
from papaya.manifest.model import File, Json

SIMPLE: Final = "SIMPLE"
SCRIPT: Final = "SCRIPT"
_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_MOST_ARGUMENTS: Final = 10
_KEY_TYPES: Final = ("TS_LATEST", "TS_ROLLING", "ATTRIBUTE")
_SCOPES: Final = ("SERVER_SCOPE", "SHARED_SCOPE", "CLIENT_SCOPE")
_SEVERITIES: Final = ("CRITICAL", "MAJOR", "MINOR", "WARNING", "INDETERMINATE")

Found = tuple[str, str, Path, int | None]
"""What is wrong, what to do, where in the configuration, and the offset in a text there."""


def faults_in(file: File, *, alarm: bool) -> Iterator[tuple[str, str, Path, int | None]]:
    """Yield the faults of a file, with their places in the configuration."""
    configuration = configuration_in(file)
    type_ = configuration.get(TYPE)
    if not configuration or ("arguments" not in configuration and type_ in (None, ALARM, SIMPLE, SCRIPT)):
        what = "an alarm rule" if alarm else "a calculated field"
        yield (
            f"it is not {what}: it has no configuration with arguments",
            "export it in ThingsBoard",
            (),
            None,
        )
        return
    if alarm and type_ not in (ALARM, None):
        yield f"its type is {type_}, not ALARM", "list it under calculatedFields", (TYPE,), None
        return
    if not alarm and type_ == ALARM:
        yield "it is an alarm rule", "list it under alarmRules", (TYPE,), None
        return
    if not alarm and type_ not in FIELD_TYPES:
        known = ", ".join(FIELD_TYPES)
        yield f"there is no type {type_} of calculated fields", f"known are: {known}", (TYPE,), None
        return
    arguments = configuration.get("arguments")
    defined = arguments if isinstance(arguments, dict) else {}
    if alarm or type_ in (SIMPLE, SCRIPT):
        yield from _argument_faults(defined, str(type_ or ALARM))
    if alarm:
        yield from _rule_faults(configuration, defined)
    elif type_ in (SIMPLE, SCRIPT):
        yield from _output_faults(configuration, str(type_))
        yield from _expression_faults(configuration, defined, str(type_))


def place_in(file: File, path: Path) -> Path:
    """Return the path in a file of a path in its configuration."""
    return ("configuration", *path) if is_wrapped(file) else path


def scripts_in(configuration: Mapping[str, Json]) -> Iterator[tuple[Path, str]]:
    """Yield every TBEL script of a configuration, with its place."""
    script = configuration.get("expression")
    if configuration.get(TYPE) == SCRIPT and isinstance(script, str):
        yield ("expression",), script
    rules = configuration.get("createRules")
    every: dict[Path, Json] = {("clearRule",): configuration.get("clearRule")}
    if isinstance(rules, dict):
        every |= {("createRules", severity): rule for severity, rule in rules.items()}
    for path, rule in every.items():
        condition = rule.get("condition") if isinstance(rule, dict) else None
        expression = condition.get("expression") if isinstance(condition, dict) else None
        if isinstance(expression, dict) and expression.get(TYPE) == "TBEL":
            text = expression.get("expression")
            if isinstance(text, str):
                yield (*path, "condition", "expression", "expression"), text


def _argument_faults(arguments: Mapping[str, Json], type_: str) -> Iterator[Found]:
    at: Path = ("arguments",)
    if not arguments:
        yield "it has no arguments", "define at least one", at, None
    if len(arguments) > _MOST_ARGUMENTS:
        count = f"it has {len(arguments)} arguments; the tenant's limit is {_MOST_ARGUMENTS}"
        yield count, "leave some out, unless the tenant profile allows more", at, None
    for name, argument in arguments.items():
        here: Path = (*at, name)
        if _NAME.fullmatch(name) is None or name == "ctx":
            summary = f"{name or 'an empty text'} cannot be the name of an argument"
            yield summary, "use letters, digits and _, and not ctx", here, None
        told = argument if isinstance(argument, dict) else {}
        if told.get("refDynamicSourceConfiguration") is not None and "refEntityKey" not in told:
            continue
        yield from _key_faults(name, told, type_, here)


def _key_faults(name: str, argument: Mapping[str, Json], type_: str, here: Path) -> Iterator[Found]:
    key = argument.get("refEntityKey")
    told = key if isinstance(key, dict) else {}
    kind = told.get("type")
    if not told.get("key"):
        yield f"the argument {name} has no refEntityKey with a key", "name the key that it reads", here, None
        return
    at: Path = (*here, "refEntityKey")
    if kind not in _KEY_TYPES:
        known = ", ".join(_KEY_TYPES)
        yield f"the argument {name} has the type {kind}", f"known are: {known}", (*at, "type"), None
    elif kind == "ATTRIBUTE" and told.get("scope") not in _SCOPES:
        summary = f"the argument {name} reads an attribute without a scope, so that it never has a value"
        yield summary, f"write one of {', '.join(_SCOPES)}", at, None
    elif kind == "TS_ROLLING" and type_ != SCRIPT:
        summary = (
            f"the argument {name} is of type TS_ROLLING, which only fields of type SCRIPT calculate with"
        )
        yield summary, "use TS_LATEST, or write a script", (*at, "type"), None
    elif kind == "TS_ROLLING" and not (argument.get("limit") and argument.get("timeWindow")):
        yield f"the argument {name} has no limit and timeWindow", "write both (milliseconds)", here, None


def _output_faults(configuration: Mapping[str, Json], type_: str) -> Iterator[Found]:
    output = configuration.get("output")
    told = output if isinstance(output, dict) else {}
    if told.get(TYPE) not in ("TIME_SERIES", "ATTRIBUTES"):
        yield "it has no output with a type", "write TIME_SERIES or ATTRIBUTES", ("output",), None
    elif type_ == SIMPLE and not told.get("name"):
        yield "its output has no name", "name the key that it writes", ("output",), None


def _expression_faults(
    configuration: Mapping[str, Json], arguments: Mapping[str, Json], type_: str
) -> Iterator[Found]:
    expression = configuration.get("expression")
    at: Path = ("expression",)
    if not isinstance(expression, str) or not expression.strip():
        yield "it has no expression", "write what it calculates", at, None
    elif type_ == SIMPLE:
        for fault in expression_faults(expression, arguments):
            remedy = f"defined are: {', '.join(arguments)}" if "argument" in fault.summary else ""
            yield fault.summary, remedy, at, fault.offset


def _rule_faults(configuration: Mapping[str, Json], arguments: Mapping[str, Json]) -> Iterator[Found]:
    rules = configuration.get("createRules")
    if not isinstance(rules, dict) or not rules:
        yield (
            "it has no createRules, so that it raises no alarm",
            "write at least one",
            ("createRules",),
            None,
        )
        rules = {}
    every: dict[Path, Json] = {("createRules", severity): rule for severity, rule in rules.items()}
    for severity in rules:
        if severity not in _SEVERITIES:
            known = ", ".join(_SEVERITIES)
            yield f"there is no severity {severity}", f"known are: {known}", ("createRules", severity), None
    if configuration.get("clearRule") is not None:
        every[("clearRule",)] = configuration["clearRule"]
    for path, rule in every.items():
        condition = rule.get("condition") if isinstance(rule, dict) else None
        if not isinstance(condition, dict) or not isinstance(condition.get("expression"), dict):
            yield f"{path[-1]} has no condition with an expression", "write one", path, None
            continue
        for place, name in _used(condition, (*path, "condition")):
            if name not in arguments:
                defined = f"defined are: {', '.join(arguments)}"
                yield f"{path[-1]} uses the argument {name}, which is not defined", defined, place, None


def _used(value: Json, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the arguments that a condition names, with their places."""
    if isinstance(value, list):
        for index, member in enumerate(value):
            yield from _used(member, (*path, index))
    elif isinstance(value, dict):
        for key, member in value.items():
            if key in ("argument", "dynamicValueArgument") and isinstance(member, str):
                yield (*path, key), member
            else:
                yield from _used(member, (*path, key))
