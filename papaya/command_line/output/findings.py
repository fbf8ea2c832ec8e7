"""How commands print what checks have found, one line after the other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

import click

from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.doctor.finding import Finding

EXIT_DONE = 0
EXIT_FAILED = 1
FORMAT_VERSION = "1"
_COLORS = {"ok": "green", "warning": "yellow", "failed": "red"}


class Visit(Protocol):
    """Whoever checks."""

    @property
    def not_checked(self) -> list[str]:
        """What could not be checked because something else failed."""


def tell(findings: Iterable[Finding], visit: Visit, *, as_json: bool) -> int:
    """Print findings as they come and return the exit code: 1 when something failed."""
    kept: list[Finding] = []
    for finding in findings:
        kept.append(finding)
        if not as_json:
            _print(finding)
    failed = any(finding.status == "failed" for finding in kept)
    if as_json:
        document = {
            "formatVersion": FORMAT_VERSION,
            "checks": [finding.as_json() for finding in kept],
            "notChecked": visit.not_checked,
            "failed": failed,
        }
        click.echo(json_text(document))
    elif visit.not_checked:
        click.echo(f"Not checked, because something above failed: {', '.join(visit.not_checked)}.")
    return EXIT_FAILED if failed else EXIT_DONE


def _print(finding: Finding) -> None:
    from papaya.render.layout import visible

    status = click.style(f"{finding.status:<8}", fg=_COLORS[finding.status])
    click.echo(f"{status}{finding.check:<15}{visible(finding.text)}")
    for line in finding.remedy.splitlines():
        click.echo(f"{'':<23}{visible(line)}")
