"""The options about the server that commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from papaya.commands.options.group import Function, with_options
from papaya.errors import SettingsError

if TYPE_CHECKING:
    from papaya.settings import Options


def _checked(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Refuse a number that is none as what it is: a command line that is wrong."""
    if value is None:
        return None
    from papaya.settings.model import Given
    from papaya.settings.quantities import count, seconds

    name = parameter.opts[-1]
    try:
        if name == "--concurrency":
            count(Given(value, name))
        else:
            seconds(Given(value, name), least=0.1 if name == "--timeout" else 0)
    except SettingsError as error:
        told = error.message.removeprefix(f"{name}: ")
        raise click.BadParameter(f"{told}. {error.remedy}".strip(" .")) from error
    return value


_OPTIONS = (
    click.option(
        "--url", metavar="URL", help="Server URL; overrides variables, config.properties and manifest."
    ),
    click.option("--config", metavar="FILE", help="The config.properties to read."),
    click.option("--username", metavar="EMAIL", help="User name to sign in with."),
    click.option("--ca-file", metavar="FILE", help="Certificates of the authority that signed the server's."),
    click.option("--insecure", is_flag=True, default=None, help="Do not check the server's certificate."),
    click.option(
        "--timeout", metavar="TIME", callback=_checked, help="How long to wait for an answer.  [default: 30s]"
    ),
    click.option(
        "--retry-for",
        metavar="TIME",
        callback=_checked,
        help="How long to retry temporary errors.  [default: 60s]",
    ),
    click.option(
        "--concurrency", metavar="N", callback=_checked, help="At most N requests at once.  [default: 100]"
    ),
)
_NAMES = ("url", "config", "username", "ca_file", "insecure", "timeout", "retry_for", "concurrency")


def server_options(function: Function) -> Callable[..., Any]:
    """Give a command the options about the server; it receives them as `server`, an `Options`."""

    @functools.wraps(function)
    def with_server(*arguments: Any, **parameters: Any) -> Any:
        given = {name: parameters.pop(name, None) for name in _NAMES}
        return function(*arguments, server=_said(given), **parameters)

    return with_options(with_server, _OPTIONS)


def _said(given: dict[str, Any]) -> Options:
    """Return only what was typed: variables are found by `papaya.settings`, which says which one it was."""
    from papaya.settings import Options

    context = click.get_current_context()
    typed = {
        name: value
        for name, value in given.items()
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }
    return Options(**typed)
