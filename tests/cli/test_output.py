"""What commands write where: color as chosen, progress in lines, warnings once a day, errors at words."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from papaya.cli import main
from papaya.command_line.terminal import Terminal
from papaya.command_line.wrapping import wrapped
from papaya.diagnostics import Diagnostic, Mark
from papaya.workspace.shown_warnings import not_shown_today

FAULTY = "apiVersion: papaya/v1\nkind: Fleet\nmetadata: {name: meters}\ncountrys: []\n"
DOUBTFUL = [Diagnostic("a value was read as text", Mark("fleet.yaml", 3, 1), severity="warning")]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "xterm")
    Path("fleet.yaml").write_text(FAULTY)


@pytest.mark.parametrize(
    ("arguments", "variables", "is_colored"),
    [
        ((), {}, False),
        (("--color", "always"), {}, True),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        ((), {"FORCE_COLOR": "1"}, True),
        ((), {"FORCE_COLOR": "0"}, False),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
        (("--no-color",), {"FORCE_COLOR": "1"}, False),
        (("--color", "auto"), {"FORCE_COLOR": "1"}, False),
    ],
)
def test_color_is_written_as_chosen_and_only_during_the_command(
    arguments: tuple[str, ...],
    variables: dict[str, str],
    is_colored: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for words in (["validate", *arguments], [*arguments, "validate"]):
        assert main(words) == 1
        assert ("\x1b[31merror:\x1b[0m" in capsys.readouterr().out) == is_colored
    assert {name: os.environ.get(name) for name in ("NO_COLOR", "FORCE_COLOR")} == {
        name: variables.get(name) for name in ("NO_COLOR", "FORCE_COLOR")
    }


def test_a_terminal_that_only_takes_lines_gets_no_color() -> None:
    told = on_terminal([sys.executable, "-m", "papaya", "validate"], TERM="dumb")
    assert b"error:" in told and b"\x1b" not in told


def on_terminal(words: list[str], **variables: str) -> bytes:
    """Run a program on a terminal of its own and return all that it writes."""
    parent, child = pty.openpty()
    with os.fdopen(child, "wb") as terminal:
        process = subprocess.Popen(words, stdout=terminal, stderr=terminal, env={**os.environ, **variables})
    told = b""
    while True:
        try:
            told += os.read(parent, 4096)
        except OSError:
            break
    os.close(parent)
    process.wait(60)
    return told


def test_off_a_terminal_progress_comes_in_lines_every_few_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    terminal = Terminal(lambda: now[0])
    terminal.began("applying", 2_000)
    for second in range(20):
        now[0] = float(second)
        terminal.progressed("applying", 100 * second, 2_000)
    terminal.ended("applying")
    assert capsys.readouterr().err.splitlines() == [
        f"Applying: {100 * second:,} of 2,000 ({5 * second} %), 100/s, {20 - second} s left"
        for second in (5, 10, 15)
    ]
    ended = terminal.quieten()
    terminal.began("reading", None)
    now[0] = 100
    terminal.progressed("reading", 5, None)
    terminal.warned("something")
    terminal.doubted(DOUBTFUL)
    assert capsys.readouterr().err == ""
    ended()
    terminal.warned("something")
    assert capsys.readouterr().err == "Warning: something\n"


def test_a_bar_is_drawn_for_what_takes_long_and_lines_go_above_it() -> None:
    code = (
        "import time; from papaya.command_line.terminal import TERMINAL as t; t.began('reading', None);"
        "t.ended('reading'); print('quick', flush=True); t.began('applying', 9); time.sleep(1.5);"
        "t.progressed('applying', 4, 9); t.warned('look'); t.ended('applying'); print('done', flush=True)"
    )
    told = on_terminal([sys.executable, "-c", code], TERM="xterm").decode()
    before, _, after = told.partition("quick")
    assert before == "" and "Applying" in after and "4/9" in after and "look" in after
    assert after.rstrip().endswith("done")


def test_a_warning_about_a_manifest_is_shown_once_a_day(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    terminal.doubted(DOUBTFUL)
    assert "fleet.yaml:3:1: warning: a value was read as text" in capsys.readouterr().err
    terminal.doubted(DOUBTFUL)
    assert capsys.readouterr().err == "1 warning shown earlier today: --warnings\n"
    terminal.show_all_warnings()
    terminal.doubted(DOUBTFUL)
    assert "a value was read as text" in capsys.readouterr().err
    import time

    assert not_shown_today(DOUBTFUL, now=lambda: time.time() + 90_000) == DOUBTFUL
    kept = Path(os.environ["XDG_STATE_HOME"]) / "papaya" / "warnings.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    kept.write_text("damaged")
    assert not_shown_today(DOUBTFUL) == DOUBTFUL


def test_errors_are_broken_at_words_and_snippets_are_not() -> None:
    text = wrapped("Error: " + "word " * 30 + "\n    a snippet " + "x" * 90 + "\n  = " + "do this " * 12, 60)
    lines = text.splitlines()
    assert all(len(line) <= 60 for line in lines if not line.startswith("    a"))
    assert "".join(lines).count("word") == 30 and all(line.strip() for line in lines)
    assert any(line.startswith("    do this") for line in lines)
    assert "x" * 90 in text
