"""Template variables: from assignments, from files, from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from papaya.errors import ManifestError
from papaya.manifest.parse import parse
from papaya.manifest.report import Report
from papaya.manifest.source import Source
from papaya.manifest.spelling import spelling_faults
from papaya.manifest.tree import Map
from papaya.manifest.written import refuse_endless
from papaya.observer import SILENT, Observer
from papaya.workspace.files import read_file

_VARIABLE_PREFIX = "PAPAYA_VAR_"
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def gather_variables(
    given: Sequence[str],
    files: Sequence[Path],
    environment: Mapping[str, str],
    observer: Observer = SILENT,
) -> dict[str, Any]:
    """Return the template variables: --var before --var-file before PAPAYA_VAR_<name>.

    Those of a file keep their types, the others are text; the observer hears of numbers in a file that lose
    their spelling. Raises `ManifestError` for a file that is not a
    mapping of variables, `ValueError` for an assignment without a name.
    """
    variables: dict[str, Any] = {
        name.removeprefix(_VARIABLE_PREFIX): value
        for name, value in environment.items()
        if name.startswith(_VARIABLE_PREFIX) and _VARIABLE_NAME.fullmatch(name.removeprefix(_VARIABLE_PREFIX))
    }
    for file in files:
        variables.update(_variables_in(file, observer))
    for written in given:
        name, separator, value = written.partition("=")
        if not separator or not _VARIABLE_NAME.fullmatch(name):
            raise ValueError(f"write --var NAME=VALUE, not {written!r}")
        variables[name] = value
    return variables


def _variables_in(file: Path, observer: Observer) -> dict[str, Any]:
    text = read_file(file)
    if not isinstance(text, str):
        raise ManifestError((text,))
    source = Source(str(file), text)
    parsed = parse(source)
    if any(fault.severity == "error" for fault in parsed.faults):
        raise ManifestError(parsed.faults)
    if not parsed.documents:
        return {}
    variables = parsed.documents[0]
    if len(parsed.documents) > 1 or not isinstance(variables, Map):
        fault = source.diagnostic("a file of variables is one mapping", line=0, remedy="write `name: value`")
        raise ManifestError((fault,))
    report = Report()
    refuse_endless(variables, report)
    if report.diagnostics:
        raise ManifestError(tuple(report.finish()))
    wrong = next((name for name in variables if not _VARIABLE_NAME.fullmatch(name)), None)
    if wrong is not None:
        source, line, column = variables.place_of(wrong, of_key=True)
        summary = f'"{wrong}" is no name for a variable'
        remedy = "use letters, digits and underscores"
        raise ManifestError((source.diagnostic(summary, line=line, column=column, remedy=remedy),))
    # Leading zeros are told where the text is read.
    doubts = (*parsed.faults, *spelling_faults(variables, ()))
    if doubts:
        observer.doubted(doubts)
    return dict(variables)
