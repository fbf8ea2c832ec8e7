"""How diagnostics are printed."""

from __future__ import annotations

from papaya.diagnostics import Diagnostic, Mark
from papaya.manifest.source import Source, without_secrets
from papaya.render.diagnostics import as_text, as_workflow_commands, count


def test_a_long_line_is_shown_around_its_place() -> None:
    """With the caret below it."""
    line = "x" * 200 + "HERE" + "y" * 200
    shown = as_text([Diagnostic("wrong", Mark("f", 1, 201), snippet=line)]).splitlines()
    assert shown[1].startswith("    …xxx")
    assert shown[1].endswith("y…")
    assert shown[1][shown[2].index("^") :].startswith("HERE")


def test_nothing_in_a_manifest_reaches_the_terminal_as_a_command() -> None:
    """Escape sequences and line breaks are shown as what they are: not at all."""
    text = as_text([Diagnostic("a\x1b[31m\nb", Mark("f", 1, 1), snippet="\x1b]0;x\x07\tz")])
    assert "\x1b" not in text
    assert "\x07" not in text
    assert text.splitlines()[0] == "f:1:1: error: a�[31m b"


def test_counts_are_words() -> None:
    """One and many, and none."""
    one = Diagnostic("a", Mark("f"))
    assert count([one, one]) == "2 errors"
    assert count([one, Diagnostic("b", Mark("f"), "warning")]) == "1 error, 1 warning"
    assert count([]) == "no faults"


def test_workflow_commands_escape_what_would_end_them() -> None:
    """Percent, line breaks, and in properties colons and commas."""
    text = as_workflow_commands([Diagnostic("50% a:b", Mark("a,b", 2), "warning", "c\nd")])
    assert text == "::warning file=a%2Cb,line=2,title=papaya::50%25 a:b%0Ac%0Ad"


def test_lines_are_shown_without_what_may_be_a_secret() -> None:
    """References are shown, values are not."""
    assert without_secrets("password: hunter2 # x") == "password: (not shown)# x"
    assert without_secrets('{accessToken: "hunter2", label: x}') == "{accessToken: (not shown), label: x}"
    assert without_secrets("apiKey: {env: KEY}") == "apiKey: {env: KEY}"
    assert without_secrets("url: http://me:hunter2@tb") == "url: http://(not shown)@tb"
    assert without_secrets("url: http://tb:hunter2/") == "url: http://tb:(not shown)/"
    assert without_secrets('url: "http://[::1]:hunter2"') == 'url: "http://[::1]:(not shown)"'
    assert without_secrets("{url: http://[::1]:8080, x: 1}") == "{url: http://[::1]:8080, x: 1}"
    assert without_secrets('"https://tb:443/login"') == '"https://tb:443/login"'
    assert without_secrets("- {key: temperature.celsius}") == "- {key: temperature.celsius}"


def test_csv_lines_are_counted_as_csv_counts_them() -> None:
    """A line separator of Unicode ends a line of YAML, not a row."""
    assert len(Source("a", "a\u2028b\n").lines) == 3
    assert len(Source("a", "a\u2028b\n", "csv").lines) == 2
