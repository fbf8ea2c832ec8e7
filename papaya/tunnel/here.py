"""How a line of this machine is doing, whether systemd or `papaya tunnel run` keeps it."""

from __future__ import annotations

from collections.abc import Mapping

from papaya.tunnel.condition import Condition
from papaya.tunnel.journal import Ask
from papaya.tunnel.line import Line
from papaya.tunnel.record import Record, record_folders
from papaya.tunnel.unit_condition import ask, unit_condition


def condition_here(line: Line, environment: Mapping[str, str], *, ask: Ask = ask) -> Condition:
    """Return how a line is doing: whoever has it up counts, then who tries to, then an installed service."""
    service = unit_condition(line, ask=ask)
    if service is not None and service.is_up:
        return service
    for folder in record_folders(environment):
        running = Record(folder, line).read()
        if running is not None:
            return running
    if service is not None:
        return service
    return Condition(line.unit, line.device, line.forward.remote_port, "absent", "nobody")
