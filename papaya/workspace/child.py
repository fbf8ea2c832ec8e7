"""The process that renders templates and evaluates expressions, and dies instead of the command.

Jinja2's sandbox keeps a template from files and from the environment, but not from looping for ever or from
filling the memory. So this process limits itself and has no variables of the environment. It reads its task
from stdin and writes results to stdout, a line of JSON at a time. When its time is up it writes a traceback
to stderr, from which its parent learns the line to blame.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import sys
from typing import Any, TextIO

SECONDS = 5.0
MEBIBYTE = 1024 * 1024
MEMORY = 1024 * MEBIBYTE


def template_name(index: int) -> str:
    """Return what Python calls a template in tracebacks."""
    return f"<template {index}>"


def main() -> None:
    """Carry out one task."""
    task = json.load(sys.stdin)
    # Imported before the limits: the modules themselves need files and memory.
    from papaya.manifest import evaluate, template  # noqa: F401

    _limit(float(task.get("seconds", SECONDS)))
    answers = sys.stdout
    if task["kind"] == "templates":
        _render(task, answers)
    else:
        _evaluate(task, answers)
    answers.flush()
    faulthandler.cancel_dump_traceback_later()


def _limit(seconds: float) -> None:
    faulthandler.enable()
    # A thread of its own counts the time, so that a single endless operation is caught, too.
    faulthandler.dump_traceback_later(seconds, exit=True)
    # Platforms without resource limits still have those of time and output.
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 2, int(seconds) + 2))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _render(task: dict[str, Any], answers: TextIO) -> None:
    from papaya.manifest.template import Rendered, render

    for index, text in enumerate(task["texts"]):

        def tell_lines(lines: Any, index: int = index) -> None:
            _write(answers, {"started": index, "lines": list(lines.items())})

        made = render(template_name(index), text, task["variables"], on_compiled=tell_lines)
        if isinstance(made, Rendered):
            _write(answers, {"done": index, "text": made.text, "lines": made.template.lines})
        else:
            refused = {"line": made.line, "summary": made.summary, "remedy": made.remedy}
            _write(answers, {"done": index, "refused": refused})


def _evaluate(task: dict[str, Any], answers: TextIO) -> None:
    from papaya.manifest.evaluate import evaluate_here
    from papaya.manifest.expressions import ABSENT, Job, Problem

    jobs = [
        Job(tuple(job["texts"]), tuple(job["columns"]), job["rows"], job["decimal"]) for job in task["jobs"]
    ]

    def told(result: Any) -> Any:
        if result is ABSENT:
            return []
        if isinstance(result, Problem):
            return [result.summary, result.remedy, result.number]
        return [result]

    for outcome in evaluate_here(jobs):
        texts = [
            {"problem": [result.summary, result.remedy]}
            if isinstance(result, Problem)
            else {"values": [told(value) for value in result]}
            for result in outcome.results
        ]
        _write(answers, {"texts": texts})


def _write(answers: TextIO, answer: Any) -> None:
    json.dump(answer, answers)
    answers.write("\n")
    answers.flush()


if __name__ == "__main__":
    main()
