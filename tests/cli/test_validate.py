"""`papaya validate`."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from pathlib import Path

import pytest

from papaya.cli import main
from papaya.resources import locate

HEAD = "apiVersion: papaya/v1\nkind: Fleet\nmetadata: {name: test}\n"
EXAMPLES = [
    ("city", None),
    ("demo", None),
    ("full", None),
    ("national", None),
    ("parking-meter", None),
    ("environments", "staging"),
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, text: str) -> str:
    """Write a file below the folder and return its name."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return name


@pytest.mark.parametrize(("name", "environment"), EXAMPLES)
def test_every_shipped_manifest_is_without_faults(
    name: str, environment: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are what people copy from."""
    chosen = ["-e", environment] if environment else []
    assert main(["validate", str(locate("manifests", name)), *chosen]) == 0
    assert capsys.readouterr().out.endswith("; no faults.\n")


def test_the_default_is_fleet_yaml_and_then_the_folder_manifests(capsys: pytest.CaptureFixture[str]) -> None:
    """And without either, the command says what to do."""
    assert main(["validate"]) == 1
    assert "there is neither fleet.yaml nor a folder manifests here" in capsys.readouterr().out
    write("manifests/a.yaml", HEAD.replace("test", "folder"))
    assert main(["validate"]) == 0
    assert "folder is valid" in capsys.readouterr().out
    write("fleet.yaml", HEAD.replace("test", "file"))
    assert main(["validate"]) == 0
    assert "file is valid" in capsys.readouterr().out


def test_faults_read_like_those_of_a_good_compiler(capsys: pytest.CaptureFixture[str]) -> None:
    """Place, summary, line, caret, remedy, and the count."""
    write("fleet.yaml", HEAD + "profile: {}\nsafety: {maxDestroy: x}\n")
    assert main(["validate"]) == 1
    assert capsys.readouterr().out == (
        'fleet.yaml:4:1: error: there is no key "profile" here\n'
        "    profile: {}\n"
        "    ^\n"
        "  = did you mean profiles?\n"
        'fleet.yaml:5:22: error: maxDestroy must be a whole number, not the text "x"\n'
        "    safety: {maxDestroy: x}\n"
        "                         ^\n"
        "\nNot valid: 2 errors.\n"
    )


def test_warnings_alone_do_not_fail(capsys: pytest.CaptureFixture[str]) -> None:
    """They are told, and the exit code is 0."""
    write("fleet.yaml", HEAD + 'countries: [{name: C, attributes: {n: "12"}}]\n')
    assert main(["validate"]) == 0
    out = capsys.readouterr().out
    assert 'warning: n is the text "12"' in out
    assert out.endswith("test is valid: 1 country, 0 states, 0 devices; 1 warning.\n")


def test_json_is_one_documented_document(capsys: pytest.CaptureFixture[str]) -> None:
    """Also without faults."""
    write("fleet.yaml", HEAD + "profile: {}\n")
    assert main(["validate", "--format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document == {
        "formatVersion": "1",
        "valid": False,
        "errors": 1,
        "warnings": 0,
        "fleet": None,
        "diagnostics": [
            {
                "severity": "error",
                "summary": 'there is no key "profile" here',
                "remedy": "did you mean profiles?",
                "file": "fleet.yaml",
                "line": 4,
                "column": 1,
                "path": "profile",
                "snippet": "profile: {}",
            }
        ],
    }
    write("fleet.yaml", HEAD)
    assert main(["validate", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["valid"]
    assert document["fleet"] == {
        "name": "test",
        "environment": None,
        "countries": 0,
        "states": 0,
        "devices": 0,
    }


def test_github_gets_workflow_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """With everything escaped that would end one."""
    write("a,b:c.yaml", HEAD + 'countries: [{name: "a%b"}, {name: "a%b"}]\n')
    assert main(["validate", "--format", "github", "a,b:c.yaml"]) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("::error file=a%2Cb%3Ac.yaml,line=4,col=35,title=papaya::the Country a%25b is")
    # The remedy is on a line of its own.
    assert "%0A" in out[0]
    assert len(out) == 2


def test_many_alike_are_folded(capsys: pytest.CaptureFixture[str]) -> None:
    """Unless all of them are asked for."""
    devices = "".join(f"  - {{name: D{number}, lable: x}}\n" for number in range(50))
    body = "countries:\n- name: C\n  states:\n  - name: S\n    devices:\n" + devices.replace("  -", "    -")
    write("fleet.yaml", HEAD + body)
    assert main(["validate"]) == 1
    out = capsys.readouterr().out
    assert out.count("did you mean label?") == 20
    assert "fleet.yaml: and 30 more like this" in out
    assert out.endswith("Not valid: 50 errors.\n")
    assert main(["validate", "--all"]) == 1
    assert capsys.readouterr().out.count("did you mean label?") == 50


def test_a_manifest_may_come_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `-`."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((HEAD + "x: 1\n").encode())))
    assert main(["validate", "-"]) == 1
    assert capsys.readouterr().out.startswith("<stdin>:4:1: error: ")


def test_templates_are_rendered_with_variables_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """--var wins over --var-file, which wins over PAPAYA_VAR_<name>; no other variable is reachable."""
    template = (
        HEAD.replace("test", "{{ name }}")
        + "countries:\n{% for number in range(count) %}\n  - name: C{{ number }}{{ suffix }}\n{% endfor %}\n"
    )
    write("f/fleet.yaml.j2", template)
    write("vars.yaml", "count: 2\nname: from-file\nsuffix: f\n")
    monkeypatch.setenv("PAPAYA_VAR_suffix", "e")
    monkeypatch.setenv("PAPAYA_VAR_name", "from-environment")
    monkeypatch.setenv("HUNTER", "hunter2")
    assert main(["validate", "f", "--var-file", "vars.yaml", "--var", "name=from-option"]) == 0
    assert "from-option is valid: 2 countries" in capsys.readouterr().out
    write("f/fleet.yaml.j2", HEAD + "a: {{ HUNTER }}\n")
    assert main(["validate", "f"]) == 1
    assert capsys.readouterr().out.startswith(
        "f/fleet.yaml.j2:4: error: the template fails: 'HUNTER' is undefined\n"
    )
    assert main(["validate", "f", "--var", "1x=2"]) == 64


def test_faults_in_what_a_template_wrote_are_told_at_the_template(capsys: pytest.CaptureFixture[str]) -> None:
    """With its line, and with the line as it was rendered."""
    template = (
        HEAD + "countries:\n{%- for name in ['A', 'B', 'A'] %}\n  - name: {{ name }}\n{%- endfor %}\nx: 1\n"
    )
    write("fleet.yaml.j2", template)
    assert main(["validate"]) == 1
    out = capsys.readouterr().out
    assert "fleet.yaml.j2:6: error: the Country A is already there" in out
    assert "rendered: - name: A" in out
    assert 'fleet.yaml.j2:8: error: there is no key "x" here' in out


@pytest.mark.parametrize(
    ("template", "line", "words"),
    [
        (
            "{% for a in range(99999) %}{% for b in range(99999) %}\n{% set c = 1 %}{% endfor %}{% endfor %}",
            1,
            "longer",
        ),
        (
            "\n{% for a in range(99999) %}{% for b in range(99999) %}xxxxxxxxxx{% endfor %}{% endfor %}",
            2,
            "MiB",
        ),
        (
            "{% set n = namespace(x='a') %}\n{% for a in range(99) %}\n{% set n.x = n.x + n.x %}{% endfor %}",
            3,
            "memory",
        ),
        ("\n{{ 'a' * 10 ** 11 }}", 2, "memory"),
        ("\n\n{{ 9 ** (9 ** 9) }}", 3, "longer"),
        ("{% if %}", 1, "not understood"),
        ("\n{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", 2, "without end"),
    ],
)
def test_a_template_without_end_is_stopped_at_its_line(
    template: str,
    line: int,
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Within seconds, pointing into the template, without a traceback."""
    from papaya.workspace import limited as _limited

    # The other limits are met first if there is time for it, also on a busy machine.
    monkeypatch.setattr(_limited, "SECONDS", 2.0 if words == "longer" else 100.0)
    write("fleet.yaml.j2", template)
    started = time.monotonic()
    assert main(["validate"]) == 1
    assert time.monotonic() - started < 110
    out = capsys.readouterr().out
    told = int(out.split(":")[1])
    assert abs(told - line) <= (1 if words == "longer" else 0), out
    assert words in out.splitlines()[0]
    assert "Traceback" not in out


def test_an_expression_without_end_is_stopped_at_its_field(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are evaluated under the same limits as templates."""
    from papaya.workspace import limited as _limited

    monkeypatch.setattr(_limited, "SECONDS", 1.5)
    write("a.csv", "n\nA\nB\n")
    body = "countries: [{name: C, states: [{name: S, devicesFrom: {csv: a.csv, each: {name: '{{ n }}',\n"
    write("fleet.yaml", HEAD + body + '  label: "{{ 9 ** (9 ** 9) }}"}}}]}]\n')
    assert main(["validate"]) == 1
    assert capsys.readouterr().out.startswith(
        "fleet.yaml:5:10: error: the expression takes longer than 1.5 seconds\n"
    )


def test_files_that_are_no_manifests_are_told_clearly(capsys: pytest.CaptureFixture[str]) -> None:
    """Binary, huge, missing, special, in another encoding, or a folder without any."""
    Path("binary.yaml").write_bytes(b"a: 1\n\x00\xff")
    Path("latin.yaml").write_bytes("a: Bücher\n".encode("latin-1"))
    with Path("huge.yaml").open("wb") as huge:
        huge.truncate(50 * 1024 * 1024)
    write("many.yaml", "[" + "a," * 5_000_000 + "]\n")
    Path("empty").mkdir()
    Path("above/below").mkdir(parents=True)
    write("above/below/fleet.yaml", HEAD)
    os.mkfifo("pipe.yaml")

    def told(*names: str) -> str:
        started = time.monotonic()
        assert main(["validate", *names]) == 1
        assert time.monotonic() - started < 30
        return capsys.readouterr().out

    assert told("binary.yaml").startswith("binary.yaml:2: error: this is no text file\n")
    assert told("latin.yaml").startswith("latin.yaml:1: error: byte 5 of the file is no UTF-8 text\n")
    assert told("huge.yaml").startswith("huge.yaml: error: the file is larger than 32 MiB\n")
    assert told("many.yaml").startswith("many.yaml: error: the text may hold more than 4,000,000 values")
    assert told("gone.yaml").startswith("gone.yaml: error: there is no such file or folder\n")
    assert told("pipe.yaml").startswith("pipe.yaml: error: this is no file\n")
    assert "papaya init empty/fleet.yaml" in told("empty")
    assert "name one of those below: above/below" in told("above")


def test_an_unreadable_file_makes_nothing_else_missing(capsys: pytest.CaptureFixture[str]) -> None:
    """What is not there may be in it."""
    write("f/india.yaml", "apiVersion: papaya/v1\nkind: Country\nname: A\n")
    Path("f/fleet.yaml").write_bytes(b"\xff\xfe\xfd")
    assert main(["validate", "f"]) == 1
    assert capsys.readouterr().out.endswith("Not valid: 1 error.\n")


def test_a_bomb_is_refused_within_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is expanded."""
    levels = ["a0: &a0 [1,1,1,1,1,1,1,1,1]"]
    levels += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    write("fleet.yaml", "\n".join(levels))
    started = time.monotonic()
    assert main(["validate"]) == 1
    assert time.monotonic() - started < 30
    assert "expand the document" in capsys.readouterr().out


def test_csv_files_are_found_beside_their_manifest(capsys: pytest.CaptureFixture[str]) -> None:
    """Also one folder up, and never by an absolute path."""
    state = "countries: [{{name: C, states: [{{name: S, devicesFrom: {{csv: {name}}}}}]}}]\n"
    write("below/a.csv", "name\nA\n")
    write("b.csv", "name\nB\n")
    write("below/fleet.yaml", HEAD + state.format(name="a.csv"))
    assert main(["validate", "below/fleet.yaml"]) == 0
    write("below/fleet.yaml", HEAD + state.format(name="../b.csv"))
    assert main(["validate", "below"]) == 0
    write("below/fleet.yaml", HEAD + state.format(name="/etc/passwd"))
    capsys.readouterr()
    assert main(["validate", "below"]) == 1
    assert "/etc/passwd is not relative to the folder of the manifest" in capsys.readouterr().out


def test_no_secret_that_somebody_pasted_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither in the message nor in the line."""
    write(
        "fleet.yaml",
        HEAD
        + "server: {url: 'http://me:hunter2@tb', password: hunter2,\n"
        + "  apiKey: {value: hunter2, token: hunter2}}\n"
        + "countries: [{name: C, states: [{name: S, devices: [\n"
        + "  {name: D, credentials: {accessToken: hunter2}}]}]}]\n",
    )
    for style in ("text", "json", "github"):
        assert main(["validate", "--format", style]) == 1
        out = capsys.readouterr().out.replace("value: hunter2", "")
        assert "hunter2" not in out


def test_secrets_need_not_resolve_to_be_valid() -> None:
    """Their values are needed elsewhere, and later."""
    body = "server: {password: {env: NOT_SET}, apiKey: {file: not/there}}\n"
    write("fleet.yaml", HEAD + body)
    assert main(["validate"]) == 0


def test_without_a_path_the_folder_is_read_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """As when it is named: a part of the fleet is no fleet, and plan would delete the rest."""
    write("fleet.yaml", HEAD + "countries: [{name: A}]\n")
    write("more.yaml.j2", "apiVersion: papaya/v1\nkind: Country\nname: {{ second }}\n")
    write("variables.yaml", "second: B\n")
    said = []
    for paths in ([], ["."]):
        assert main(["validate", *paths, "--var-file", "variables.yaml"]) == 0
        said.append(capsys.readouterr().out)
    assert "2 countries" in said[0]
    assert said[0] == said[1]


@pytest.mark.parametrize("value", [".nan", ".inf", "-.inf", "1e999"])
@pytest.mark.parametrize(
    "body",
    [
        "countries: [{{name: C, location: {{latitude: {0}, longitude: 1}}}}]\n",
        "sensorSets: {{s: [{{key: k, warnAbove: {0}}}]}}\n",
        "safety: {{maxChangePercent: {0}}}\n",
        "countries: [{{name: C, attributes: {{a: {0}}}}}]\n",
    ],
)
def test_numbers_without_end_are_one_fault(capsys: pytest.CaptureFixture[str], value: str, body: str) -> None:
    """Wherever a number may stand."""
    write("fleet.yaml", HEAD + body.format(value))
    assert main(["validate"]) == 1
    assert capsys.readouterr().out.endswith("Not valid: 1 error.\n")


@pytest.mark.parametrize("name", ["fleet.yaml", "more.yaml.j2", "rows.csv", "variables.json"])
def test_a_merge_conflict_is_one_fault_in_whatever_file(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Not devices, and not `could not find expected ':'`."""
    texts = {
        "fleet.yaml": HEAD + "countries: [{name: A, states: [{name: S, devicesFrom: {csv: rows.csv}}]}]\n",
        "more.yaml.j2": "apiVersion: papaya/v1\nkind: Country\nname: {{ second }}\n",
        "rows.csv": "name,label\nD,x\n",
        "variables.json": '{"second": "B"}\n',
    }
    texts[name] += "<<<<<<< HEAD\na,b\n=======\nc,d\n>>>>>>> theirs\n"
    for path, text in texts.items():
        write(path, text)
    assert main(["validate", "fleet.yaml", "more.yaml.j2", "--var-file", "variables.json"]) == 1
    streams = capsys.readouterr()
    said = streams.out + streams.err
    assert said.count("error: ") == 1
    assert "unresolved merge conflict" in said
