"""The options by which a person agrees beforehand."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from papaya.commands.options.group import Function, with_options
from papaya.commands.options.numbers import Number

_CONSENT = (
    click.option("--adopt", is_flag=True, help="Adopt existing entities that no fleet manages."),
    click.option(
        "--take-over",
        metavar="FLEET",
        multiple=True,
        help="Take over entities that FLEET manages; repeatable.",
    ),
    click.option(
        "--allow-destroy",
        metavar="N",
        type=click.IntRange(min=0),
        help="Delete up to N entities in this run; overrides safety.maxDestroy.",
    ),
    click.option(
        "--allow-token-change",
        metavar="N",
        type=click.IntRange(min=0),
        default=0,
        help="Replace the access tokens of up to N live devices in this run.",
    ),
    click.option(
        "--confirm",
        metavar="ADDRESS",
        multiple=True,
        help="Confirm what the plan asks about this object; repeatable.",
    ),
    click.option(
        "--max-change-percent",
        metavar="P",
        type=Number(0, 100),
        help="Move, rename or re-profile up to this share of the live devices in this run.",
    ),
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
            confirm=frozenset(parameters.pop("confirm")),
        )
        return function(*arguments, consent=consent, **parameters)

    return with_options(with_consent, _CONSENT)
