"""References and texts that are patterns over a device's fields: `{file: "tokens/{{ name }}"}`.

A field or a cell gives one part of a path, whatever it holds. Names come from CSV files, and no name may
choose which file of the operator's machine becomes a token. Folders are written out in the pattern.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from papaya.diagnostics import Mark
from papaya.manifest.expressions import ABSENT, Evaluate, Job, Problem, Result, filler, is_expression
from papaya.manifest.model import SecretReference
from papaya.manifest.report import Report
from papaya.manifest.tree import Map
from papaya.path_component import path_component

Part = Literal["accessToken", "x509", "clientId", "username", "password"]
_Kind = Literal["env", "file", "text"]

# Their values are passwords and keys of the operator.
_OWN_VARIABLES = ("PAPAYA_", "TB_")
WRITE_OUT: Final = "write the folder, or a part of the variable's name, out in the manifest"
_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)

_FIELDS = ("name", "serial", "model", "label", "country", "state")
_CALLED: dict[Part, str] = {
    "accessToken": "secret reference",
    "x509": "certificate file",
    "clientId": "client id",
    "username": "user name",
    "password": "secret reference",
}


def strays_from(kind: str, pattern: str, named: str) -> str | None:
    """Return why an expanded reference leaves what is written out in its pattern, or None.

    A file stays in the folder that stands before the first expression, else in that of the manifest. A
    variable is none of papaya's own, and a part of its name is written out: else a cell could choose any
    secret of the environment.
    """
    if kind == "text":
        return None
    if kind == "env":
        is_own = named.upper().startswith(_OWN_VARIABLES) and not pattern.upper().startswith(_OWN_VARIABLES)
        if is_own:
            return f"is {named}, a variable of papaya itself"
        is_open = is_expression(pattern) and not _EXPRESSION.sub("", pattern).strip("_ ")
        return f"is {named}, and could be any variable of the environment" if is_open else None
    written = pattern.partition("{{")[0].partition("{%")[0]
    folder = written.rpartition("/")[0] + "/" if "/" in written else ""
    rest = named[len(folder) :] if named.startswith(folder) else named
    parts = rest.split("/")
    if ".." in parts or (not folder and named.startswith(("/", "~"))):
        return f"leads to {named}, out of the folder {folder or 'of the manifest'}"
    return None


class SecretPatterns:
    """Turns the references and texts of devices into those of each device."""

    def __init__(self, report: Report, evaluate: Evaluate) -> None:
        self.report = report
        self.evaluate = evaluate
        self._answers: dict[tuple[int, Part], tuple[_Kind, str, Mark | None]] = {}
        self._asked: dict[tuple[Part, _Kind, str], list[tuple[Map, dict[str, str], Mark | None]]] = {}

    def ask(
        self, entry: Map, part: Part, reference: Mapping[str, Any], fields: dict[str, str], mark: Mark | None
    ) -> None:
        """Note which secret reference a device has."""
        if reference.get("env"):
            self._ask(entry, part, "env", reference["env"], fields, mark)
        else:
            self._ask(entry, part, "file", reference["file"], fields, mark)

    def ask_file(self, entry: Map, part: Part, file: str, fields: dict[str, str], mark: Mark | None) -> None:
        """Note which file a device has."""
        self._ask(entry, part, "file", file, fields, mark)

    def ask_text(self, entry: Map, part: Part, text: str, fields: dict[str, str], mark: Mark | None) -> None:
        """Note which text a device has."""
        self._ask(entry, part, "text", text, fields, mark)

    def _ask(
        self, entry: Map, part: Part, kind: _Kind, pattern: str, fields: dict[str, str], mark: Mark | None
    ) -> None:
        if not is_expression(pattern):
            self._answers[id(entry), part] = (kind, pattern, mark)
            return
        if kind == "file":
            fields = {name: path_component(value) for name, value in fields.items()}
        simple = filler(pattern, _FIELDS)
        if simple is None:
            self._asked.setdefault((part, kind, pattern), []).append((entry, fields, mark))
        else:
            filled = simple.fill([fields.get(name, "") for name in _FIELDS])
            self._take(entry, part, kind, pattern, filled, mark)

    def resolve(self) -> None:
        """Evaluate the patterns that are more than names of fields."""
        if not self._asked:
            return
        jobs = [
            Job((pattern,), _FIELDS, [[fields.get(name, "") for name in _FIELDS] for _, fields, _ in asked])
            for (_, _, pattern), asked in self._asked.items()
        ]
        for (part, kind, pattern), asked, outcome in zip(
            self._asked, self._asked.values(), self.evaluate(jobs), strict=True
        ):
            results = outcome.results[0] if outcome.results else ()
            if isinstance(results, Problem):
                self._tell(part, asked[0][2], results)
                continue
            for (entry, _, mark), result in zip(asked, results, strict=False):
                self._take(entry, part, kind, pattern, result, mark)

    def answer(self, entry: Map, part: Part) -> SecretReference | None:
        """Return a secret reference of a device."""
        found = self._answers.get((id(entry), part))
        if found is None:
            return None
        kind, named, mark = found
        env, file = (named, None) if kind == "env" else (None, named)
        return SecretReference(env=env, file=file, mark=mark)

    def text(self, entry: Map, part: Part) -> str | None:
        """Return a text of a device."""
        found = self._answers.get((id(entry), part))
        return found[1] if found is not None else None

    def _take(
        self, entry: Map, part: Part, kind: _Kind, pattern: str, result: Result, mark: Mark | None
    ) -> None:
        if isinstance(result, Problem):
            self._tell(part, mark, result)
        elif result is ABSENT or not str(result):
            name = entry.get("name")
            self.report.add_at(
                mark,
                f"the {_CALLED[part]} of {name} names a field that {name} has not",
                "give it that field",
            )
        elif (strays := strays_from(kind, pattern, str(result))) is not None:
            self.report.add_at(mark, f"the {_CALLED[part]} of {entry.get('name')} {strays}", WRITE_OUT)
        else:
            self._answers[id(entry), part] = (kind, str(result), mark)

    def _tell(self, part: Part, mark: Mark | None, problem: Problem) -> None:
        summary, remedy = (text.replace("column", "field") for text in (problem.summary, problem.remedy))
        self.report.add_at(mark, f"{_CALLED[part]}: {summary}", remedy)
