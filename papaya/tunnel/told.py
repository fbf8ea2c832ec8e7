"""How a tunnel is doing, in lines for people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from papaya.counting import counted
from papaya.tunnel.condition import Condition
from papaya.tunnel.line import Line
from papaya.tunnel.probe import Probe, told


def condition_lines(line: Line, condition: Condition, *, is_root: bool) -> Iterator[str]:
    """Yield what is known of a tunnel: how it is, who keeps it, since when, and its last error."""
    yield condition.told()
    keeper = "" if condition.keeper == "nobody" else f", kept by {condition.told_keeper()}"
    yield f"port {condition.remote_port} of {line.host}{keeper}"
    if condition.since is not None:
        word = "connected since" if condition.is_up else "without connection since"
        yield f"{word} {_moment(condition.since)}"
    if condition.retries:
        yield f"{counted(condition.retries, 'retry')} since"
    if condition.complaint is not None:
        when = "" if condition.complained_at is None else f", {_moment(condition.complained_at)}"
        yield f"last error{when}: {condition.complaint.summary}"
        if condition.is_in_trouble:
            yield from condition.complaint.remedy.splitlines()
    elif condition.is_in_trouble and condition.keeper == "systemd" and not is_root:
        yield "What went wrong last is in the journal: run this as root."


def probe_line(line: Line, probe: Probe, width: int) -> str:
    """Return what was found at the remote port of a tunnel, with the device's name in so many columns."""
    service = "" if line.is_own_ssh else f"{line.forward.name}: "
    found = told(probe, speaks_ssh=line.is_own_ssh)
    return f"{line.device:<{width}}  {line.forward.remote_port:>5}  {service}{found}"


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"
