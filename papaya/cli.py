"""The `papaya` command: finds the verb, loads it when it is used, and turns what happens into an exit code.

Nothing beyond click is imported here, so that `papaya --help` and `papaya --version` answer at once.
"""

from __future__ import annotations

import contextlib
import difflib
import functools
import importlib
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NoReturn

import click

from papaya import __version__
from papaya.errors import Interrupted, ManifestError, PapayaError

if TYPE_CHECKING:
    from papaya.command_line.color import Choice

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_USAGE = 64
EXIT_INTERRUPTED = 130

# What `papaya --help` lists: loading all modules takes longer than a person waits; a test holds both equal.
VERBS: dict[str, str] = {
    "init": "Start a manifest.",
    "validate": "Check a manifest without a server.",
    "render": "Print the fully resolved manifest.",
    "schema": "Print the JSON Schema of the manifest.",
    "plan": "Show what apply would change.",
    "apply": "Apply the manifest to the server.",
    "drift": "Show what somebody changed on the server.",
    "show": "Show the fleet on the server.",
    "open": "Open ThingsBoard's page of a device or a place in the browser.",
    "call": "Send a command to one device or to many.",
    "alarms": "List the server's alarms of the fleet's devices, and acknowledge or clear them.",
    "export": "Write a manifest of what is on the server.",
    "credentials": "Export, show or rotate credentials; print activation links of users.",
    "forget": "Stop managing an entity without deleting it.",
    "destroy": "Delete a fleet from its server, with all telemetry.",
    "provision": "Register this machine as a device.",
    "locate": "Find the location of this device.",
    "handshake": "Check that this device reaches its server.",
    "agent": "Read this device's sensors and send every reading to the server.",
    "gui": "Show the sensors of the fleet in a window.",
    "tunnel": "Reach devices behind a router through a reverse SSH tunnel.",
    "connect": "Sign in to a device through its tunnel.",
    "doctor": "Diagnose configuration, connection and permissions.",
    "login": "Sign in to a server and remember it.",
    "whoami": "Show the server, the user and their rights.",
    "sandbox": "Run a ThingsBoard-compatible server on this machine.",
    "completion": "Print the script that completes papaya's commands in a shell.",
    "demo": "Show the whole flow on a sandbox.",
    "help": "Show the help of a command.",
    "version": "Print the version.",
}

# `PAPAYA_VAR_<name>` are template variables, so no option may claim a name among them.
WITHOUT_VARIABLE = frozenset({"help", "version", "var", "var-file"})

FAULT_NOTE = "This is a fault in papaya itself: please report it with these lines, as CONTRIBUTING.md says."

log = logging.getLogger("papaya")
_LONGEST_LINE = 2_000


class Verbs(click.Group):
    """The group of all verbs; each is imported when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order in which a newcomer needs them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load the module of a verb and return its command."""
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"papaya.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        from papaya.command_line.help import explain

        explain(command)
        prepare(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of verbs from the table, without loading any of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb, or name the ones that look like what was typed."""
        name = args[0]
        if name not in VERBS and not name.startswith("-") and not ctx.resilient_parsing:
            near = difflib.get_close_matches(name, VERBS)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise click.UsageError(f"there is no command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)


def variable_of(option: click.Option) -> str | None:
    """Return the environment variable that an option reads: `PAPAYA_` and its long name."""
    names = [name[2:] for name in option.opts if name.startswith("--")]
    if not names or names[0] in WITHOUT_VARIABLE:
        return None
    return f"PAPAYA_{names[0].upper().replace('-', '_')}"


def prepare(command: click.Command) -> None:
    """Add to a command the options of all commands, and to each option its environment variable."""
    from papaya.command_line.words import Words

    taken = {name for parameter in command.params for name in parameter.opts}
    command.params.extend(option for option in common_options() if taken.isdisjoint(option.opts))
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.envvar is None:
            parameter.envvar = variable_of(parameter)
            if parameter.multiple and type(parameter.type) is click.types.StringParamType:
                parameter.type = Words()
    if isinstance(command, click.Group):
        for subcommand in command.commands.values():
            prepare(subcommand)


_QUIET = "Write only results and errors: no progress, no warnings."
_WARNINGS = "Show warnings about the manifest that were shown today already."


def common_options() -> list[click.Option]:
    """Return the options that may stand before the verb and after it."""
    return [
        click.Option(
            ["-v", "--verbose"],
            count=True,
            expose_value=False,
            callback=_listen,
            help="Log to stderr what papaya does; twice for every request.",
        ),
        _switch("-q", "--quiet", callback=_quieten, tells=_QUIET),
        _switch("--warnings", callback=_show_warnings, tells=_WARNINGS),
        click.Option(
            ["--color"],
            type=click.Choice(["always", "auto", "never"]),
            expose_value=False,
            callback=_choose_color,
            help="When to write colors.  [default: auto; NO_COLOR, FORCE_COLOR]",
        ),
        _switch("--no-color", callback=_drop_color, tells="The same as --color never."),
    ]


def _switch(
    *names: str, callback: Callable[[click.Context, click.Parameter, bool], None], tells: str
) -> click.Option:
    """Return an option that is given or not, and does something where it is."""
    return click.Option(names, is_flag=True, expose_value=False, callback=callback, help=tells)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if instruction := os.environ.get("_PAPAYA_COMPLETE"):
        from papaya.command_line.completion import complete

        return complete(papaya, instruction)
    with _own_environment(), _own_log():
        try:
            return _run(arguments)
        except click.ClickException as error:
            _show(error)
            return EXIT_USAGE if isinstance(error, click.UsageError) else EXIT_FAILED
        except click.Abort as abort:
            # click hides the Ctrl-C that ended a question behind its own exception.
            return _interrupted() if isinstance(abort.__context__, KeyboardInterrupt) else _tell("Aborted.")
        except KeyboardInterrupt:
            return _interrupted()
        except ManifestError as error:
            return _tell_faults(error)
        except PapayaError as error:
            _tell(_harmless(f"Error: {error.message}\n{error.remedy}".rstrip("\n")))
            return EXIT_INTERRUPTED if isinstance(error, Interrupted) else EXIT_FAILED
        except BrokenPipeError:
            return _unheard()
        except Exception as error:
            from papaya.command_line.streams import reason_of_machine

            if reason := reason_of_machine(error):
                return _unheard(f"Error: {reason}")
            # Once, also where a command runs commands.
            if FAULT_NOTE not in getattr(error, "__notes__", ()):
                error.add_note(FAULT_NOTE)
            raise


def run() -> NoReturn:
    """Run the command line of this process and end it."""
    if None in (sys.stdin, sys.stdout, sys.stderr):
        from papaya.command_line.streams import open_streams

        open_streams()
    raise SystemExit(main())


def _run(arguments: list[str]) -> int:
    """Find the verb and carry it out; what it has printed is delivered when this returns."""
    try:
        with papaya.make_context("papaya", arguments) as context:
            result = papaya.invoke(context)
    except click.exceptions.Exit as request:
        result = request.exit_code
    sys.stdout.flush()
    return result if isinstance(result, int) else EXIT_DONE


def _show(error: click.ClickException) -> None:
    """Print a wrong command line, with what may have been meant."""
    from papaya.command_line.help import with_suggestion
    from papaya.command_line.wrapping import on_terminal

    if isinstance(error, click.NoSuchOption):
        context = click.Context(papaya, info_name="papaya")
        verbs = [(name, functools.partial(papaya.get_command, context, name)) for name in VERBS]
        error = with_suggestion(error, papaya, verbs)
    on_terminal(error).show()


def _tell(text: str) -> int:
    """Print why a command failed; on a terminal it is wrapped at words, and begins in red."""
    from papaya.command_line.wrapping import tell_error

    tell_error(text)
    return EXIT_FAILED


def _harmless(text: str) -> str:
    """Return a text with its line breaks, and with everything else escaped that a terminal would obey.

    Names of a manifest and answers of a network stand in what went wrong.
    """
    if text.replace("\n", "").isprintable():
        return text
    from papaya.render.layout import visible

    return "\n".join(map(visible, text.split("\n")))


def _tell_faults(error: ManifestError) -> int:
    """Print every fault of a manifest."""
    from papaya.render.diagnostics import as_text

    return _tell(as_text(error.diagnostics, color=True))


def _interrupted() -> int:
    """Say that a person stopped the command; the line break ends the terminal's own `^C`."""
    click.echo("\nInterrupted.", err=True)
    return EXIT_INTERRUPTED


def _unheard(but: str = "") -> int:
    """Drop what stdout can no longer take, and say why on stderr if that still hears."""
    from papaya.command_line.streams import drop_output

    drop_output(sys.stdout)
    try:
        return _tell(_harmless(but)) if but else EXIT_FAILED
    except OSError:
        return EXIT_FAILED
    finally:
        drop_output(sys.stderr)


class _OneLine(logging.Formatter):
    """Writes each record as one bounded line: servers and sensors choose part of what it says."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is that of logging
        """Return the line, without what a terminal would act on."""
        from papaya.foreign import shown

        return shown(" ".join(super().formatMessage(record).split("\n")), _LONGEST_LINE)


class _LogToStandardError(logging.Handler):
    """Writes log records to what `sys.stderr` is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; where a progress bar is drawn, above it."""
        terminal = sys.modules.get("papaya.command_line.terminal")
        if terminal is not None:
            terminal.TERMINAL.say(self.format(record))
        else:
            click.echo(self.format(record), err=True)


@contextlib.contextmanager
def _own_log() -> Iterator[None]:
    """Send papaya's log to stderr during one command; a command that runs commands does so once."""
    if any(isinstance(handler, _LogToStandardError) for handler in log.handlers):
        yield
        return
    handler = _LogToStandardError()
    handler.setFormatter(_OneLine("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S"))
    level = log.level
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


@contextlib.contextmanager
def _own_environment() -> Iterator[None]:
    """Undo what `--color` tells the libraries, when the command is done."""
    before = {name: os.environ.get(name) for name in ("NO_COLOR", "FORCE_COLOR")}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _listen(context: click.Context, parameter: click.Parameter, count: int) -> None:
    """Let more of the log through."""
    if count:
        log.setLevel(logging.INFO if count == 1 else logging.DEBUG)


def _drop_color(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    """Tell click and every other library that writes to the terminal to leave colors out."""
    if wanted:
        _choose_color(context, parameter, "never")


def _choose_color(context: click.Context, parameter: click.Parameter, choice: Choice | None) -> None:
    """Write colors as chosen, else as the environment says."""
    from papaya.command_line.color import choose, color_of_environment

    if choice is not None:
        context.color = choose(choice)
    elif context.color is None:
        context.color = color_of_environment()


def _quieten(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    """Keep progress, notes and warnings back until the command ends."""
    if wanted:
        from papaya.command_line.terminal import TERMINAL

        log.setLevel(logging.ERROR)
        context.find_root().call_on_close(TERMINAL.quieten())


def _show_warnings(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    """Show every warning about the manifest."""
    if wanted:
        from papaya.command_line.terminal import TERMINAL

        context.find_root().call_on_close(TERMINAL.show_all_warnings())


def _print_version(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        click.echo(f"papaya {__version__}")
        context.exit()


papaya = Verbs(
    "papaya",
    help="Infrastructure as code for fleets of ThingsBoard devices.",
    epilog="Every option can be given as PAPAYA_<OPTION>, for example PAPAYA_URL. Start with: papaya demo",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_print_version,
            help="Print the version.",
        )
    ],
    no_args_is_help=True,
)
for _option in common_options():
    _option.envvar = variable_of(_option)
    papaya.params.append(_option)
