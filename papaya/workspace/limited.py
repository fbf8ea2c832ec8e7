"""Renders templates and evaluates expressions in a child process with limits of time, memory and output."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from papaya.manifest.expressions import ABSENT, Job, Outcome, Problem, Result
from papaya.manifest.source import Template
from papaya.manifest.template import Rendered, Unrendered, template_line
from papaya.workspace.child import SECONDS, template_name

# The child ends itself; this is for one that cannot.
_GRACE = 5.0
# A tenth of what one core of a small computer evaluates.
_VALUES_A_SECOND = 20_000
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from papaya.workspace.child import main; main()"
)
_FRAME = re.compile(r'File "(<[^">]+>)", line (\d+)')
_TIME_IS_UP = "Timeout ("
# Windows starts no Python without it.
_KEPT_VARIABLES = ("SYSTEMROOT",)


def render_limited(
    texts: Sequence[str], variables: Mapping[str, Any], *, seconds: float | None = None
) -> list[Rendered | Unrendered]:
    """Return what each template renders to; the first that breaks a limit takes those after it along."""
    seconds = SECONDS if seconds is None else seconds
    task = {"kind": "templates", "texts": list(texts), "variables": dict(variables), "seconds": seconds}
    output, errors = _run(task, seconds)
    made: list[Rendered | Unrendered] = []
    lines: dict[int, int] = {}
    for answer in output:
        if "started" in answer:
            lines = {compiled: written for compiled, written in answer["lines"]}
        elif "refused" in answer:
            made.append(Unrendered(**answer["refused"]))
        else:
            template = Template(texts[answer["done"]], tuple(answer["lines"]))
            made.append(Rendered(answer["text"], template))
    if len(made) < len(texts):
        name = template_name(len(made))
        frames = [int(line) for frame, line in _FRAME.findall(errors) if frame == name]
        line = template_line(frames[0], lines) if frames else 1
        made.append(Unrendered(line, f"the template {_why(errors, seconds)}", "check its loops"))
    for _ in texts[len(made) :]:
        made.append(Unrendered(1, "the template was not rendered, because another one broke a limit"))
    return made


def evaluate_limited(jobs: Sequence[Job], *, seconds: float | None = None) -> list[Outcome]:
    """Return what each job gives; what breaks a limit has a problem, and the other jobs have nothing."""
    if seconds is None:
        # A hundred thousand rows take their time without any fault of theirs.
        seconds = SECONDS + sum(len(job.texts) * len(job.rows) for job in jobs) / _VALUES_A_SECOND
    written = [
        {"texts": job.texts, "columns": job.columns, "rows": list(job.rows), "decimal": job.decimal}
        for job in jobs
    ]
    output, errors = _run({"kind": "rows", "jobs": written, "seconds": seconds}, seconds)
    outcomes = [Outcome(tuple(_result(text) for text in answer["texts"])) for answer in output]
    if len(outcomes) == len(jobs):
        return outcomes
    problem = Problem(f"the expression {_why(errors, seconds)}", "write a simpler one")
    blamed = re.search(r"<job (\d+) text (\d+)>", errors)
    job_index, text_index = (int(blamed[1]), int(blamed[2])) if blamed else (0, 0)
    outcomes = []
    for index, job in enumerate(jobs):
        results: list[Problem | Sequence[Result]] = [() for _ in job.texts]
        if index == job_index:
            results[text_index] = problem
        outcomes.append(Outcome(tuple(results)) if index == job_index else Outcome())
    return outcomes


def _run(task: Mapping[str, Any], seconds: float) -> tuple[list[dict[str, Any]], str]:
    """Return the answers of the child and what it wrote to stderr."""
    environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    command = [sys.executable, "-I", "-S", "-X", "utf8", "-c", _START, json.dumps(sys.path)]
    # Our own interpreter, with a text of our own.
    with subprocess.Popen(  # noqa: S603
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        try:
            output, errors = child.communicate(json.dumps(task).encode(), timeout=seconds + _GRACE)
        except subprocess.TimeoutExpired:
            child.kill()
            output, errors = child.communicate()
            errors += _TIME_IS_UP.encode()
    text = errors.decode(errors="replace")
    if child.returncode > 0 and _TIME_IS_UP not in text and "MemoryError" not in text:
        # No limit ends the child this way, so it is our own fault.
        raise RuntimeError(f"rendering failed:\n{text}")
    return _answers(output), text


def _answers(output: bytes) -> list[dict[str, Any]]:
    answers = []
    for line in output.splitlines():
        try:
            answers.append(json.loads(line))
        except ValueError:  # The child was stopped in the middle of this one.
            break
    return answers


def _result(text: Mapping[str, Any]) -> Problem | list[Result]:
    if "problem" in text:
        return Problem(*text["problem"])
    results: list[Result] = []
    for told in text["values"]:
        match told:
            case []:
                results.append(ABSENT)
            case [value]:
                results.append(value)
            case [summary, remedy, number]:
                results.append(Problem(summary, remedy, number))
    return results


def _why(errors: str, seconds: float) -> str:
    if _TIME_IS_UP in errors:
        return f"takes longer than {seconds:.3g} seconds"
    if "MemoryError" in errors or "memory" in errors.lower():
        return "needs too much memory"
    return "breaks a limit of time or memory"
