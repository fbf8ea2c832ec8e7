"""`papaya help`: the help of a command, or of the connection options."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from papaya.command_line.help import connection_help


def _complete(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    from papaya.cli import VERBS

    return [CompletionItem(name) for name in (*VERBS, "connection") if name.startswith(incomplete)]


@click.command()
@click.argument("words", nargs=-1, metavar="[COMMAND]...", shell_complete=_complete)
def command(words: tuple[str, ...]) -> None:
    """Show the help of a command.

    `papaya help connection` explains the options about the server, which many commands share.
    """
    from papaya.cli import papaya

    context = click.Context(
        papaya, info_name="papaya", max_content_width=100, help_option_names=["-h", "--help"]
    )
    if words == ("connection",):
        click.echo(connection_help(papaya.get_command(context, "whoami"), context))
        return
    found: click.Command = papaya
    for word in words:
        name, inner, _ = (
            found.resolve_command(context, [word]) if isinstance(found, click.Group) else ("", None, [])
        )
        if inner is None:
            raise click.UsageError(f"{context.command_path} has no command {word!r}.")
        found, context = inner, click.Context(inner, info_name=name, parent=context)
    click.echo(found.get_help(context))
