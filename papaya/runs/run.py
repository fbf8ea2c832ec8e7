"""What plan, apply, destroy and forget have in common: what a person agrees to, and the way to a plan."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from papaya.api.session import Session
    from papaya.engine.guard import Consent
    from papaya.engine.plan import Plan
    from papaya.engine.planner import Reading
    from papaya.engine.scope import RunScope
    from papaya.manifest.model import Fleet, SecretReference
    from papaya.runs.interruption import Interruption
    from papaya.runs.lock import LeaseChoice
    from papaya.settings import Options

Function = TypeVar("Function", bound=Callable[..., Any])

_CONSENT = (
    click.option("--adopt", is_flag=True, help="Take over live entities that nobody has marked."),
    click.option(
        "--take-over", metavar="FLEET", multiple=True, help="Take over entities that this fleet owns."
    ),
    click.option(
        "--allow-destroy",
        metavar="N",
        type=click.IntRange(min=0),
        help="Destroy up to N entities in this run, whatever safety.maxDestroy says.",
    ),
    click.option(
        "--allow-token-change",
        metavar="N",
        type=click.IntRange(min=0),
        default=0,
        help="Replace the access tokens of up to N live devices in this run.",
    ),
    click.option(
        "--max-change-percent",
        metavar="P",
        type=click.FloatRange(0, 100),
        help="Move, rename or re-profile up to this share of the live devices in this run.",
    ),
)
_SCOPE = (
    click.option(
        "--target",
        metavar="PATH",
        multiple=True,
        help="Only this: INDIA/Karnataka, 'INDIA/*/PM-0*' or device/PM-0001; may be given again.",
    ),
    click.option("--exclude", metavar="PATH", multiple=True, help="Everything but this; may be given again."),
)


def consent_options(function: Function) -> Callable[..., Any]:
    """Give a command the options by which a person agrees; it receives them as `consent`."""

    @functools.wraps(function)
    def with_consent(*arguments: Any, **parameters: Any) -> Any:
        from papaya.engine.guard import Consent

        consent = Consent(
            adopt=parameters.pop("adopt"),
            take_over=frozenset(parameters.pop("take_over")),
            destroy=parameters.pop("allow_destroy"),
            token_change=parameters.pop("allow_token_change"),
            change_percent=parameters.pop("max_change_percent"),
        )
        return function(*arguments, consent=consent, **parameters)

    return _decorated(with_consent, _CONSENT)


def scope_options(function: Function) -> Callable[..., Any]:
    """Give a command `--target` and `--exclude`; it receives them as `scope`."""

    @functools.wraps(function)
    def with_scope(*arguments: Any, **parameters: Any) -> Any:
        from papaya.engine.scope import RunScope

        scope = RunScope(tuple(parameters.pop("target")), tuple(parameters.pop("exclude")))
        return function(*arguments, scope=scope, **parameters)

    return _decorated(with_scope, _SCOPE)


def _decorated(function: Callable[..., Any], options: tuple[Callable[..., Any], ...]) -> Callable[..., Any]:
    for option in reversed(options):
        function = option(function)
    return function


@dataclass(frozen=True, slots=True)
class Run:
    """A fleet, its server and what was read from it."""

    fleet: Fleet
    session: Session
    reading: Reading
    read: Callable[[], Reading]
    interruption: Interruption

    def plan(self, consent: Consent, scope: RunScope, *, removes_all: bool = False) -> Plan:
        """Return the plan of this run, or say which pattern means nothing."""
        from papaya.engine.desire import desire
        from papaya.engine.planner import live_path, make_plan
        from papaya.engine.scope import unused
        from papaya.errors import PapayaError

        live = self.reading.inventory
        known = [(entity.path, entity.address) for entity in desire(self.fleet)]
        known += [(live_path(entity, live), entity.address) for entity in live]
        for pattern in unused(scope, known):
            raise PapayaError(
                f"nothing is called {pattern}",
                remedy="Paths look like INDIA/Karnataka/PM-0001; * and ? stay within a name. "
                "A /, * or ? that belongs to a name has a backslash before it.",
            )
        return make_plan(self.fleet, self.reading, consent=consent, scope=scope, removes_all=removes_all)


@contextmanager
def running(
    fleet: Fleet, server: Options, *, check_credentials: bool = False, lease: LeaseChoice | None = None
) -> Iterator[Run]:
    """Read what the fleet's server is like now; the session stays open within the block.

    With `lease` nothing is read while another run is changing the fleet.
    """
    from papaya.api.survey import survey
    from papaya.runs.interruption import interruptible
    from papaya.runs.lock import once_free
    from papaya.runs.session import open_session

    with open_session(server, fleet) as session, interruptible(session) as interruption:

        def read() -> Reading:
            return survey(
                session,
                fleet,
                resolver(fleet),
                concurrency=min(4, session.concurrency),
                check_credentials=check_credentials,
            )

        run = Run(fleet, session, read(), read, interruption)
        yield run if lease is None else once_free(run, lease)


def resolver(fleet: Fleet) -> Callable[[SecretReference], str | None]:
    """Return what resolves a reference to its secret, or to None where it has no value here."""
    from papaya.errors import SecretUnavailable
    from papaya.secrets import resolve

    folder = Path(fleet.folder)

    def value_of(reference: SecretReference) -> str | None:
        try:
            return resolve(reference, folder)
        except SecretUnavailable:
            return None

    return value_of


def wants_color() -> bool:
    """Return whether standard output is a terminal that may be written to in color."""
    context = click.get_current_context(silent=True)
    if context is not None and context.color is not None:
        return context.color
    return sys.stdout.isatty()


def terminal_width() -> int:
    """Return how many columns a text may take: those of the terminal, 80 where there is none."""
    import shutil

    if not sys.stdout.isatty():
        return 80
    return max(60, min(120, shutil.get_terminal_size((80, 24)).columns))
