"""References to secrets that are patterns over a device's fields: `{file: "tokens/{{ name }}"}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from papaya.diagnostics import Mark
from papaya.manifest.expressions import ABSENT, Evaluate, Job, Problem, Result, filler, is_expression
from papaya.manifest.model import SecretReference
from papaya.manifest.report import Report
from papaya.manifest.tree import Map

_FIELDS = ("name", "serial", "model", "label", "country", "state")


class SecretPatterns:
    """Turns the references of devices into those of each device."""

    def __init__(self, report: Report, evaluate: Evaluate) -> None:
        self.report = report
        self.evaluate = evaluate
        self._answers: dict[int, SecretReference] = {}
        self._asked: dict[tuple[str, str], list[tuple[Map, dict[str, str], Mark | None]]] = {}

    def ask(
        self, entry: Map, reference: Mapping[str, Any], fields: dict[str, str], mark: Mark | None
    ) -> None:
        """Note which reference a device has."""
        kind, pattern = ("env", reference["env"]) if reference.get("env") else ("file", reference["file"])
        if not is_expression(pattern):
            self._answer(entry, kind, pattern, mark)
            return
        simple = filler(pattern, _FIELDS)
        if simple is None:
            self._asked.setdefault((kind, pattern), []).append((entry, fields, mark))
        else:
            self._take(entry, kind, simple.fill([fields.get(name, "") for name in _FIELDS]), mark)

    def resolve(self) -> None:
        """Evaluate the patterns that are more than names of fields."""
        if not self._asked:
            return
        jobs = [
            Job((pattern,), _FIELDS, [[fields.get(name, "") for name in _FIELDS] for _, fields, _ in asked])
            for (_, pattern), asked in self._asked.items()
        ]
        for (kind, _), asked, outcome in zip(
            self._asked, self._asked.values(), self.evaluate(jobs), strict=True
        ):
            results = outcome.results[0] if outcome.results else ()
            if isinstance(results, Problem):
                self._tell(asked[0][2], results)
                continue
            for (entry, _, mark), result in zip(asked, results, strict=False):
                self._take(entry, kind, result, mark)

    def answer(self, entry: Map) -> SecretReference | None:
        """Return the reference of a device."""
        return self._answers.get(id(entry))

    def _take(self, entry: Map, kind: str, result: Result, mark: Mark | None) -> None:
        if isinstance(result, Problem):
            self._tell(mark, result)
        elif result is ABSENT or not str(result):
            name = entry.get("name")
            self.report.add_at(
                mark,
                f"the secret reference of {name} names a field that {name} has not",
                "give it that field",
            )
        else:
            self._answer(entry, kind, str(result), mark)

    def _tell(self, mark: Mark | None, problem: Problem) -> None:
        summary, remedy = (text.replace("column", "field") for text in (problem.summary, problem.remedy))
        self.report.add_at(mark, f"secret reference: {summary}", remedy)

    def _answer(self, entry: Map, kind: str, named: str, mark: Mark | None) -> None:
        env, file = (named, None) if kind == "env" else (None, named)
        self._answers[id(entry)] = SecretReference(env=env, file=file, mark=mark)
