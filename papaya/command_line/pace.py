"""How far a step is, how fast it goes and when it ends: in a line, and as a column beside a bar."""

from __future__ import annotations

from rich.progress import ProgressColumn, Task
from rich.text import Text

_MINUTE = 60
_HOUR = 60 * _MINUTE


class CountAndRate(ProgressColumn):
    """What is done, of how much where that is known, and how much a second."""

    def render(self, task: Task) -> Text:
        """Return `4,000/100,000 · 1,250/s`."""
        of = f"/{task.total:,.0f}" if task.total is not None else ""
        rate = f" · {task.speed:,.0f}/s" if task.speed and task.speed >= 1 else ""
        return Text(f"{task.completed:,.0f}{of}{rate}")


def in_a_line(done: int, total: int | None, seconds: float) -> str:
    """Return `4,000 of 100,000 (4 %), 1,250/s, 77 s left`; the end only where there is a total."""
    rate = done / seconds if seconds > 0 else 0.0
    of = f" of {total:,} ({100 * done // total} %)" if total else ""
    at = f", {rate:,.0f}/s" if rate >= 1 else ""
    left = f", {_time((total - done) / rate)} left" if total and total > done and rate > 0 else ""
    return f"{done:,}{of}{at}{left}"


def _time(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / _MINUTE:.0f} min" if seconds < _HOUR else f"{seconds / _HOUR:.1f} h"
