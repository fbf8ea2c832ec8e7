"""A running agent on a terminal: the table of its sensors, with its log above it."""

from __future__ import annotations

import logging
import signal
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from papaya.command_line.color import is_plain
from papaya.command_line.serving import on_signals
from papaya.command_line.terminal import terminal_width, wants_color

if TYPE_CHECKING:
    from rich.live import Live

    from papaya.agent.agent import Agent
    from papaya.agent.settings import AgentSettings
    from papaya.sensors.view import AgentView

_PAUSE = 0.25
_LONGEST = 1_000
_LOG = logging.getLogger("papaya")


class _AboveTheTable(logging.Handler):
    """Prints each record as a line above the table: the time and what happened."""

    def __init__(self, live: Live) -> None:
        super().__init__()
        self._live = live

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record."""
        from rich.text import Text

        from papaya.foreign import shown

        at = time.strftime("%H:%M:%S", time.localtime(record.created))
        style = (
            "red" if record.levelno >= logging.ERROR else "yellow" if record.levelno > logging.INFO else ""
        )
        self._live.console.print(
            Text(f"{at}  {shown(' '.join(record.getMessage().split()), _LONGEST)}", style)
        )


class AgentScreen:
    """Draws an agent after its turns, a few times a second at most; the log goes above the table."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._drawn = float("-inf")
        self._live: Live | None = None
        self._view: AgentView | None = None
        self._handlers: list[logging.Handler] = []

    def __enter__(self) -> AgentScreen:
        from rich.console import Console
        from rich.live import Live

        self._live = Live(console=Console(highlight=False), auto_refresh=False, transient=True)
        self._live.start()
        # The log goes through the screen, so that no line of it breaks the table.
        self._handlers = _LOG.handlers[:]
        _LOG.handlers[:] = [_AboveTheTable(self._live)]
        return self

    def __exit__(self, *_: object) -> None:
        _LOG.handlers[:] = self._handlers
        if self._live is not None:
            self._live.stop()

    def draw(self, agent: Agent) -> None:
        """Draw the agent as it is now."""
        from rich.text import Text

        from papaya.render.sensors import agent_text

        now = self._clock()
        if self._live is None or (now - self._drawn < _PAUSE and not agent.is_stopping):
            return
        self._drawn = now
        self._view = agent.view()
        console = self._live.console
        width, rows = min(console.width, terminal_width()), console.height - 2
        text = agent_text(self._view, width=width, color=wants_color(), rows=rows)
        self._live.update(Text.from_ansi(text.rstrip("\n")), refresh=True)

    def summary(self) -> str:
        """Return how the run went."""
        from papaya.render.sensors import summary_text

        return summary_text(self._view, self._clock() - self._began) if self._view is not None else ""


def can_draw() -> bool:
    """Return whether a table can be drawn in place: on a terminal that is not a plain one."""
    return sys.stdout.isatty() and sys.stderr.isatty() and not is_plain()


def run_agent(settings: AgentSettings) -> None:
    """Run an agent until a signal ends it: with a table on a terminal, with plain log lines elsewhere."""
    from papaya.agent.agent import Agent

    # This is a service: its log is what it has to say.
    _LOG.setLevel(min(_LOG.getEffectiveLevel(), logging.INFO))
    if not can_draw():
        agent = Agent(settings)
        with on_signals(agent.stop, signal.SIGTERM, signal.SIGINT):
            agent.run()
        return
    with AgentScreen() as screen:
        agent = Agent(settings, on_turn=screen.draw)
        with on_signals(agent.stop, signal.SIGTERM, signal.SIGINT):
            agent.run()
    click.echo(screen.summary())
