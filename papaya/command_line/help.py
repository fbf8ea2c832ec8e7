"""The help of every command: options in groups, summaries in full, examples at the end."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence

import click

from papaya.command_line.examples import EXAMPLES

# How to reach and sign in to a server is the same everywhere; `papaya help connection` explains it once.
CONNECTION = ("url", "config", "username", "ca_file", "insecure", "timeout", "retry_for", "concurrency")
_MANIFEST = ("files", "environment", "var", "var_file")
_COMMON = ("verbose", "quiet", "color", "no_color", "warnings", "help")
_CONNECTION_NOTE = "What they mean: papaya help connection"
_FEWEST = 5
_MOST_COMMANDS = 5


class Explained(click.Command):
    """A command whose help has its options in groups, and examples."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options, then those about the manifest and the connection."""
        _write_options(self, ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        _write_examples(ctx, formatter)


class ExplainedGroup(click.Group):
    """A group whose help cuts no summary, and has examples."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand, or name the ones that look like what was typed."""
        name = args[0]
        if name not in self.commands and not name.startswith("-") and not ctx.resilient_parsing:
            near = difflib.get_close_matches(name, self.commands)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise click.UsageError(f"{ctx.command_path} has no command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write every subcommand with its whole summary."""
        rows = [(name, summary_of(command)) for name, command in sorted(self.commands.items())]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        _write_examples(ctx, formatter)


def explain(command: click.Command) -> None:
    """Give a command, which its module made with `click.command`, its help."""
    if type(command) is click.Command:
        command.__class__ = Explained
    if not isinstance(command, click.Group):
        return
    if type(command) is click.Group:
        command.__class__ = ExplainedGroup
    for inner in command.commands.values():
        explain(inner)


def summary_of(command: click.Command) -> str:
    """Return the first paragraph of a command's help on one line."""
    return " ".join((command.help or "").strip().split("\n\n")[0].split())


def connection_help(command: click.Command | None, context: click.Context) -> str:
    """Return the text of `papaya help connection`; `command` is one that has these options."""
    options = [one for one in command.params if _is_connection(one)] if command is not None else []
    formatter = context.make_formatter()
    formatter.write_text(
        "Options of every command that talks to a server. Each can be given as a variable, for example "
        "PAPAYA_URL; a config.properties and the manifest may name the server and the credentials, too."
    )
    with formatter.section("Connection options"):
        formatter.write_dl(_records(options, context))
    _write_examples(context, formatter, "papaya help connection")
    return formatter.getvalue().rstrip("\n")


def with_suggestion(
    error: click.NoSuchOption,
    root: click.Command,
    verbs: Sequence[tuple[str, Callable[[], click.Command | None]]],
) -> click.UsageError:
    """Return the error with what may have been meant: an option of its command, or one of others.

    `verbs` has every verb with what loads its command.
    """

    def others() -> Iterator[tuple[str, click.Command]]:
        pending = [(name, load()) for name, load in verbs]
        for name, command in pending:
            if isinstance(command, click.Group):
                pending.extend((f"{name} {below}", inner) for below, inner in command.commands.items())
            if command is not None:
                yield name, command

    hint = similar_options(error.option_name, error.ctx.command if error.ctx is not None else root, others)
    return click.UsageError(f"{error.message.rstrip('.')}. {hint}".strip(), error.ctx)


def similar_options(
    typed: str, command: click.Command, others: Callable[[], Iterator[tuple[str, click.Command]]]
) -> str:
    """Return what a person may have meant by an option that a command lacks; nothing where nobody knows.

    `others` yields the other commands with their names; they are loaded only where the command itself has
    no option that looks like it.
    """
    own = [name for parameter in command.params for name in parameter.opts if name.startswith("--")]
    near = difflib.get_close_matches(typed, own, n=2, cutoff=0.7)
    if near:
        return f"Did you mean {' or '.join(near)}?"
    having: dict[str, list[str]] = {}
    for name, other in others():
        for parameter in other.params:
            for option in (*parameter.opts, *parameter.secondary_opts):
                having.setdefault(option, []).append(name)
    options = [typed] if typed in having else difflib.get_close_matches(typed, having, n=1, cutoff=0.8)
    for option in options:
        names = list(dict.fromkeys(having[option]))
        more = f" and {len(names) - _MOST_COMMANDS} more" if len(names) > _MOST_COMMANDS else ""
        which = f"{option} is" if option == typed else f"Did you mean {option}? It is"
        return f"{which} an option of: {', '.join(names[:_MOST_COMMANDS])}{more}."
    return ""


def _write_options(command: click.Command, context: click.Context, formatter: click.HelpFormatter) -> None:
    groups: dict[str, list[click.Parameter]] = {"own": [], "manifest": [], "connection": [], "common": []}
    for parameter in command.get_params(context):
        if not isinstance(parameter, click.Option):
            continue
        name = parameter.name or ""
        group = "common" if name in _COMMON else "manifest" if name in _MANIFEST else "own"
        groups["connection" if _is_connection(parameter) else group].append(parameter)
    if len(groups["connection"]) < _FEWEST:
        groups["own"] += groups["connection"]
        groups["connection"] = []
    for title, parameters in (
        ("Options", [*groups["own"], *groups["common"]]),
        ("Manifest", groups["manifest"]),
    ):
        if rows := _records(parameters, context):
            with formatter.section(title):
                formatter.write_dl(rows)
    if groups["connection"]:
        with formatter.section("Connection"):
            names = [f"{parameter.opts[-1]}" for parameter in groups["connection"]]
            formatter.write_text(f"{', '.join(names)}. {_CONNECTION_NOTE}")


def _is_connection(parameter: click.Parameter) -> bool:
    return parameter.name in CONNECTION


def _records(parameters: Iterable[click.Parameter], context: click.Context) -> list[tuple[str, str]]:
    found = (parameter.get_help_record(context) for parameter in parameters)
    return [record for record in found if record is not None]


def _write_examples(context: click.Context, formatter: click.HelpFormatter, path: str | None = None) -> None:
    examples = EXAMPLES.get((path or context.command_path).removeprefix("papaya "), ())
    if not examples:
        return
    with formatter.section("Examples" if len(examples) > 1 else "Example"):
        for line, meaning in examples:
            formatter.write(f"{'':>{formatter.current_indent}}{line}\n")
            if meaning:
                formatter.indent()
                formatter.write_text(meaning)
                formatter.dedent()
