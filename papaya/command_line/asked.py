"""What a person asked a command about, for the commands that it proposes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from papaya.command_line.completion import PATHS, TARGETS

if TYPE_CHECKING:
    from papaya.engine.plan import Plan
    from papaya.runs.saved_plan import SavedPlan

_MANIFEST_AND_SERVER = (
    "environment",
    "var",
    "var_file",
    "url",
    "config",
    "username",
    "ca_file",
    "insecure",
)
_PART = ("target", "exclude", "only_tree", "only_resources")
_CONSENT = ("adopt", "take_over", "allow_destroy", "allow_token_change", "confirm", "max_change_percent")


def about_the_same(plan: Plan, saved: SavedPlan | None = None) -> Plan:
    """Return the plan of the running command, with ways out that name its manifest, server and part."""
    from papaya.engine import ways_out

    context = click.get_current_context()
    paths = (*context.meta.get(PATHS, ()), *(context.params.get("files") or ()))
    part = (*context.meta.get(TARGETS, ()), *_words(context, _PART))
    asked = ways_out.Asked(
        tuple(map(str, paths)),
        tuple(_words(context, _MANIFEST_AND_SERVER)),
        part,
        tuple(filter(None, (tuple(_words(context, (name,))) for name in _CONSENT))),
        () if saved is None else tuple(_manifest_of(saved)),
    )
    return ways_out.about_the_same(plan, asked)


def _manifest_of(saved: SavedPlan) -> Iterator[str]:
    for path in saved.paths:
        yield from ("-f", path)
    if saved.environment is not None:
        yield from ("-e", saved.environment)


def _words(context: click.Context, names: Iterable[str]) -> Iterator[str]:
    """Yield the options of these names as they were typed; the value of a template variable stays unsaid."""
    options = {one.name: one for one in context.command.params if isinstance(one, click.Option)}
    for name in names:
        if context.get_parameter_source(name) is not ParameterSource.COMMANDLINE or name not in options:
            continue
        value, written = context.params.get(name), options[name].opts[0]
        if options[name].is_flag:
            yield written
            continue
        for one in value if isinstance(value, tuple) else (value,):
            yield written
            # It may be a secret.
            yield f"{str(one).partition('=')[0]}=..." if name == "var" else str(one)
