"""What every command has in common: how it is found, where its options come from, how it ends."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, cast

import click
import pytest

from papaya import __version__, cli
from papaya.diagnostics import Diagnostic, Mark
from papaya.errors import Interrupted, ManifestError, PapayaError, SettingsError
from papaya.runs.interruption import Interruption

if TYPE_CHECKING:
    from papaya.api.session import Session

HEAVY = {
    "aiohttp",
    "configupdater",
    "jinja2",
    "jsonschema",
    "numpy",
    "platformdirs",
    "requests",
    "rich",
    "yaml",
}


@pytest.fixture
def verb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[click.Command], None]]:
    """Return what makes a command known as `papaya trial`."""

    def make_known(command: click.Command) -> None:
        module = ModuleType("papaya.commands.trial")
        module.command = command  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(cli.VERBS, "trial", "Try.")

    yield make_known


def failing(error: BaseException) -> click.Command:
    """Return a command that ends with that exception."""

    @click.command()
    def command() -> None:
        raise error

    return command


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its name, subcommands included."""
    context = click.Context(cli.papaya)
    pending = [(name, cli.papaya.get_command(context, name)) for name in cli.VERBS]
    while pending:
        name, command = pending.pop()
        assert command is not None, name
        yield name, command
        if isinstance(command, click.Group):
            pending.extend((f"{name} {sub}", child) for sub, child in command.commands.items())


def test_the_version_is_told_without_reading_more_of_papaya_than_it_needs() -> None:
    code = (
        "import sys; from papaya.cli import main; main(['--version']); "
        "print(sorted(name for name in sys.modules if name.split('.')[0] == 'papaya'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    needed = ["papaya", "papaya.cli", "papaya.diagnostics", "papaya.errors"]
    assert done.stdout.splitlines()[-1] == str(needed)


def test_the_list_of_commands_says_what_each_says_of_itself() -> None:
    context = click.Context(cli.papaya)
    loaded = {name: cli.papaya.get_command(context, name) for name in cli.VERBS}
    said = {name: command.get_short_help_str(100) for name, command in loaded.items() if command}
    assert said == cli.VERBS


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_load_nothing_that_takes_time(option: str) -> None:
    code = (
        "import sys; from papaya.cli import main; code = main(sys.argv[1:]);"
        "print(code, *sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, option], capture_output=True, text=True, check=True, env=os.environ
    )
    code_and_modules = done.stderr.split()
    assert code_and_modules[0] == "0"
    assert HEAVY.isdisjoint(code_and_modules)


def test_the_module_runs_as_the_command_does() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "papaya", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"papaya {__version__}\n"


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    listing = capsys.readouterr().out
    assert all(f"  {name} " in listing for name in cli.VERBS)


def test_a_command_alone_is_a_usage_error_that_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 64
    assert "Commands:" in capsys.readouterr().err


def test_an_unknown_command_names_its_neighbour(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["pln"]) == 64
    assert "there is no command 'pln'. Did you mean plan?" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--colour"], ["trial", "--nonsense"], ["trial", "--count", "many"]])
def test_usage_errors_exit_with_64(
    arguments: list[str], verb: Callable[[click.Command], None], capsys: pytest.CaptureFixture[str]
) -> None:
    verb(click.Command("trial", params=[click.Option(["--count"], type=int)]))
    assert cli.main(arguments) == 64
    assert "Usage: papaya" in capsys.readouterr().err


def test_every_option_of_every_command_reads_its_variable() -> None:
    for name, command in commands():
        for parameter in command.params:
            if not isinstance(parameter, click.Option):
                continue
            long_name = next(option for option in parameter.opts if option.startswith("--"))[2:]
            names = [parameter.envvar] if isinstance(parameter.envvar, str) else list(parameter.envvar or ())
            if long_name in cli.WITHOUT_VARIABLE:
                assert names == [], f"{name} --{long_name}"
                continue
            # Two options have variables of their own, because elsewhere these names ask for something else.
            is_own = command.name == "sandbox" and long_name in ("mqtt-port", "mqtt-tls-port")
            own = "SANDBOX_" if is_own else ""
            expected = f"PAPAYA_{own}{long_name.upper().replace('-', '_')}"
            assert names[:1] == [expected], f"{name} --{long_name}"


def test_every_command_and_every_option_is_explained() -> None:
    for name, command in commands():
        assert command.help, name
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name} {parameter.opts}"


def test_an_option_is_read_from_its_variable(
    verb: Callable[[click.Command], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    @click.command()
    @click.option("--json", "as_json", is_flag=True)
    @click.option("--concurrency", type=int, default=8)
    @click.option("--var", multiple=True)
    def command(as_json: bool, concurrency: int, var: tuple[str, ...]) -> None:
        click.echo(f"{as_json} {concurrency} {var}")

    verb(command)
    for name, value in {"JSON": "1", "CONCURRENCY": "3", "VAR": "a=b", "HELP": "1", "VERSION": "1"}.items():
        monkeypatch.setenv(f"PAPAYA_{name}", value)
    assert cli.main(["trial"]) == 0
    assert capsys.readouterr().out == "True 3 ()\n"
    assert cli.main(["trial", "--concurrency", "5"]) == 0
    assert capsys.readouterr().out == "True 5 ()\n"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("INDIA/Goa device/PM-1", ("INDIA/Goa", "device/PM-1")),
        ("'INDIA/Tamil Nadu' A\\/B", ("INDIA/Tamil Nadu", "A\\/B")),
        ('"Côte d\'Ivoire/#1"', ("Côte d'Ivoire/#1",)),
        ("", ()),
    ],
)
def test_a_variable_holds_several_texts_and_quotes_keep_blanks(
    verb: Callable[[click.Command], None],
    monkeypatch: pytest.MonkeyPatch,
    value: str,
    words: tuple[str, ...],
) -> None:
    """Names of places have blanks and apostrophes in them."""
    told: list[tuple[str, ...]] = []

    @click.command()
    @click.option("--target", multiple=True)
    def command(target: tuple[str, ...]) -> None:
        told.append(target)

    verb(command)
    monkeypatch.setenv("PAPAYA_TARGET", value)
    assert cli.main(["trial"]) == 0
    assert told == [words]
    monkeypatch.setenv("PAPAYA_TARGET", "Côte d'Ivoire")
    assert cli.main(["trial"]) == 64


@pytest.mark.parametrize(("returned", "code"), [(None, 0), (0, 0), (1, 1), (2, 2)])
def test_what_a_command_returns_is_the_exit_code(
    returned: int | None, code: int, verb: Callable[[click.Command], None]
) -> None:
    verb(click.Command("trial", callback=lambda: returned))
    assert cli.main(["trial"]) == code


def test_a_command_may_leave_with_a_code_of_its_own(verb: Callable[[click.Command], None]) -> None:
    verb(click.Command("trial", callback=lambda: click.get_current_context().exit(2)))
    assert cli.main(["trial"]) == 2


def test_an_error_is_told_with_its_remedy_and_without_a_traceback(
    verb: Callable[[click.Command], None], capsys: pytest.CaptureFixture[str]
) -> None:
    verb(failing(SettingsError("no server is named", remedy="say which: --url")))
    assert cli.main(["trial"]) == 1
    captured = capsys.readouterr()
    assert captured.err == "Error: no server is named\nsay which: --url\n"
    assert captured.out == ""


def test_every_fault_of_a_manifest_is_told(
    verb: Callable[[click.Command], None], capsys: pytest.CaptureFixture[str]
) -> None:
    faults = [
        Diagnostic("the key is unknown", Mark("fleet.yaml", 3, 5), remedy="did you mean: states"),
        Diagnostic("the name is missing", Mark("fleet.yaml", 9, 1)),
    ]
    verb(failing(ManifestError(faults)))
    assert cli.main(["trial"]) == 1
    told = capsys.readouterr().err
    assert "fleet.yaml:3:5" in told
    assert "did you mean: states" in told
    assert "fleet.yaml:9:1" in told


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (KeyboardInterrupt(), 130, "Interrupted."),
        (Interrupted("stopped by a signal"), 130, "Error: stopped by a signal"),
        (click.Abort(), 1, "Aborted."),
        (click.ClickException("no such file"), 1, "Error: no such file"),
        (PapayaError("it failed"), 1, "Error: it failed"),
    ],
)
def test_every_way_to_stop_has_its_code(
    error: BaseException,
    code: int,
    told: str,
    verb: Callable[[click.Command], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    verb(failing(error))
    assert cli.main(["trial"]) == code
    assert capsys.readouterr().err.strip() == told


def test_ctrl_c_at_a_question_interrupts(
    verb: Callable[[click.Command], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def press_ctrl_c(prompt: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("click.termui.visible_prompt_func", press_ctrl_c)
    verb(click.Command("trial", callback=lambda: click.confirm("Go on?")))
    assert cli.main(["trial"]) == 130
    assert "Interrupted." in capsys.readouterr().err


def test_a_fault_of_papaya_keeps_its_traceback_and_says_where_to_report_it(
    verb: Callable[[click.Command], None],
) -> None:
    verb(failing(ZeroDivisionError("division by zero")))
    with pytest.raises(ZeroDivisionError) as caught:
        cli.main(["trial"])
    assert caught.value.__notes__ == [cli.FAULT_NOTE]


def test_a_reader_that_has_gone_is_no_fault() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.Popen(
        [sys.executable, "-m", "papaya", "--help"], stdout=writer, stderr=subprocess.PIPE, text=True
    )
    os.close(writer)
    _, told = process.communicate(timeout=90)
    assert process.returncode == 1
    assert told == ""


def test_the_log_goes_to_stderr_as_far_as_asked(
    verb: Callable[[click.Command], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def speak() -> None:
        for level in (logging.DEBUG, logging.INFO, logging.WARNING):
            logging.getLogger("papaya.trial").log(level, "at %s", logging.getLevelName(level))

    verb(click.Command("trial", callback=speak))
    heard = []
    for arguments in (["trial"], ["-v", "trial"], ["trial", "-v"], ["trial", "-vv"]):
        assert cli.main(arguments) == 0
        captured = capsys.readouterr()
        assert captured.out == ""
        heard.append([line.rpartition(" ")[2] for line in captured.err.splitlines()])
    assert heard == [
        ["WARNING"],
        ["INFO", "WARNING"],
        ["INFO", "WARNING"],
        ["DEBUG", "INFO", "WARNING"],
    ]


def test_a_command_that_runs_commands_logs_each_line_once(
    verb: Callable[[click.Command], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def speak() -> None:
        cli.main(["--version"])
        logging.getLogger("papaya").warning("once")

    verb(click.Command("trial", callback=speak))
    assert cli.main(["trial"]) == 0
    assert capsys.readouterr().err.count("once") == 1


@pytest.mark.parametrize("arguments", [["--no-color", "trial"], ["trial", "--no-color"]])
def test_no_color_reaches_every_library_and_ends_with_the_command(
    arguments: list[str], verb: Callable[[click.Command], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def speak() -> None:
        click.secho(os.environ["NO_COLOR"], fg="red", color=click.get_current_context().color)

    verb(click.Command("trial", callback=speak))
    assert cli.main(arguments) == 0
    assert capsys.readouterr().out == "1\n"
    assert "NO_COLOR" not in os.environ


def test_the_shell_can_complete_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_PAPAYA_COMPLETE", "bash_source")
    assert cli.main([]) == 0
    assert "_PAPAYA_COMPLETE=bash_complete" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong", [("--concurrency", "x"), ("--timeout", "0s"), ("--retry-for", "soon"), ("--concurrency", "0")]
)
def test_a_number_that_is_none_is_a_usage_error(
    wrong: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """1 would say that the plan failed, which a pipeline tries again."""
    assert cli.main(["plan", *wrong]) == 64
    told = capsys.readouterr().err
    assert f"Invalid value for '{wrong[0]}': '{wrong[1]}' is no " in told


def test_a_plan_has_one_form(capsys: pytest.CaptureFixture[str]) -> None:
    """A pipeline that asked for Markdown must not get JSON."""
    assert cli.main(["plan", "--json", "--markdown"]) == 64
    assert "choose one" in capsys.readouterr().err


def test_a_signal_is_the_reason_for_what_it_ends() -> None:
    """Waiting requests fail as soon as they are hurried; the run would say that its server was away."""
    told: list[str] = []

    class Waiting:
        def hurry(self) -> None:
            told.append("hurry")

    interruption = Interruption(cast("Session", Waiting()))
    interruption.then(told.append)
    with interruption.ends_well():
        interruption.handle(signal.SIGINT, None)
    assert told == ["interrupted by SIGINT", "hurry"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["show", "--detailed-exitcode"], "--detailed-exitcode is an option of: plan, drift"),
        (["plan", "--jsn"], "Did you mean --json?"),
        (["validate", "--retry-fro", "5s"], "Did you mean --retry-for? It is an option of: "),
        (["plan", "--nothing-like-it"], "No such option '--nothing-like-it'."),
        (["tunnel", "chek"], "papaya tunnel has no command 'chek'. Did you mean check?"),
        (["help", "pln"], "Did you mean plan?"),
        (["help", "plan", "x"], "papaya plan has no command 'x'"),
    ],
)
def test_a_mistyped_option_or_command_names_what_was_meant(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 64
    assert told in " ".join(capsys.readouterr().err.split())


def test_help_of_a_command_is_the_same_by_verb_and_by_option(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["plan"], ["tunnel"], ["tunnel", "status"]):
        assert cli.main(["help", *words]) == 0
        by_verb = capsys.readouterr().out
        assert cli.main([*words, "--help"]) == 0
        assert by_verb == capsys.readouterr().out
    assert cli.main(["version"]) == 0
    assert capsys.readouterr().out == f"papaya {__version__}\n"


def test_connection_options_are_one_group_that_is_explained_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["plan", "--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "Connection: --url, --config, --username, --ca-file, --insecure" in told
    assert "papaya help connection" in told
    assert cli.main(["help", "connection"]) == 0
    assert "--retry-for TIME" in capsys.readouterr().out


def test_no_summary_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["tunnel"], ["credentials"], ["agent"]):
        assert cli.main([*words, "--help"]) == 0
        assert "..." not in capsys.readouterr().out.partition("Commands:")[2]
