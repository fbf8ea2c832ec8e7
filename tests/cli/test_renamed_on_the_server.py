"""Commands about entities that somebody renamed on the server, and what --yes agrees to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from papaya.api.session import Credentials, Session
from papaya.cli import main
from papaya.sandbox import Sandbox
from tests.unit.apply.hand import Person

MANIFEST = """
apiVersion: papaya/v1
kind: Fleet
metadata: {name: ops}
profiles: {create: true}
safety: {whenRemoved: forget}
countries:
  - name: OPS
    states:
      - name: OPS-S1
        devices:
          - {name: O-1}
          - {name: O-2}
"""


@pytest.fixture(params=["4.0.1", "4.3.1.3"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox(emulate=request.param) as running:
        yield running


@pytest.fixture
def person(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    """Somebody in ThingsBoard's own interface, beside a fleet that papaya applied."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAPAYA_URL", sandbox.url)
    monkeypatch.setenv("PAPAYA_USERNAME", sandbox.username)
    monkeypatch.setenv("PAPAYA_PASSWORD", sandbox.password)
    Path("fleet.yaml").write_text(MANIFEST)
    assert main(["apply", "--yes"]) == 0
    with Session(sandbox.url, Credentials(username=sandbox.username, password=sandbox.password)) as session:
        yield Person(session)


def out(capsys: pytest.CaptureFixture[str]) -> str:
    """Return what was printed since, with its lines joined."""
    return " ".join(capsys.readouterr().out.split())


def test_drift_says_who_was_renamed_and_apply_renames_it_back(
    person: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    token, id_ = person.token("O-2"), person.id("device", "O-2")
    person.edit("device", "O-2", name="O-2 renamed")
    capsys.readouterr()

    assert main(["drift", "--detailed-exitcode"]) == 2
    assert "OPS/OPS-S1/O-2 renamed on the server: O-2 -> O-2 renamed" in out(capsys)
    for form in ("--json", "--markdown", "--junit"):
        assert main(["drift", form]) == 0
        told = capsys.readouterr().out
        assert "O-2 renamed" in told
        assert "not on the server" not in told
    assert main(["plan"]) == 0
    told = out(capsys)
    assert "from O-2 renamed (renamed on the server); id, token and history stay" in told
    assert "Plan: 0 to add, 1 to change (1 renamed), 0 to delete." in told
    assert main(["apply", "--yes"]) == 0
    assert person.names("device").count("O-2") == 1
    assert (person.id("device", "O-2"), person.token("O-2")) == (id_, token)
    assert main(["plan", "--detailed-exitcode"]) == 0


@pytest.mark.parametrize(
    "named", [f"{where}{name}" for where in ("OPS/OPS-S1/", "device/") for name in ("O-2", "O-2 renamed")]
)
def test_forget_takes_the_old_and_the_new_name(
    person: Person, capsys: pytest.CaptureFixture[str], named: str
) -> None:
    id_ = person.id("device", "O-2")
    person.edit("device", "O-2", name="O-2 renamed")

    assert main(["forget", named, "--yes"]) == 0

    told = capsys.readouterr()
    assert "forget sends 2" in told.out
    assert "apply sends" not in told.out.split("No longer managed")[-1]
    assert "The next apply would create O-2 again" in told.err
    assert not any(key.startswith("papaya.") for key in person.attributes("device", id_))


def test_destroy_takes_the_renamed_ones_too(person: Person, capsys: pytest.CaptureFixture[str]) -> None:
    person.edit("device", "O-2", name="O-2 renamed")
    person.edit("asset", "OPS", name="OPS old")
    capsys.readouterr()

    assert main(["destroy", "--yes"]) == 1
    assert "Destroy refuses this plan: 4 deletions" in out(capsys)
    assert main(["destroy", "--yes", "--allow-destroy", "4"]) == 0
    assert "destroy sends 4" in capsys.readouterr().out
    assert person.names("device") == person.names("asset") == []


def test_an_export_of_renamed_entities_is_a_manifest_that_follows(
    person: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    person.edit("device", "O-2", name="O-2 renamed")
    person.edit("asset", "OPS-S1", name="OPS-S1 renamed")
    assert main(["export", "-o", "live.yaml"]) == 0
    capsys.readouterr()

    assert main(["plan", "live.yaml"]) == 0

    told = out(capsys)
    assert "1 state, 1 device: only papaya's own record is brought up to date" in told
    assert "Plan: 0 to add, 2 to change, 0 to delete." in told
    assert "renamed on the server: O-2 -> O-2 renamed; the manifest has it, too" in told
    assert "renamed on the server: OPS-S1 -> OPS-S1 renamed; the manifest has it, too" in told


def test_a_saved_plan_is_stale_after_a_rename(person: Person, capsys: pytest.CaptureFixture[str]) -> None:
    Path("fleet.yaml").write_text(MANIFEST.replace("{name: O-2}", "{name: O-2, label: new}"))
    assert main(["plan", "-o", "plan.json"]) == 0
    person.edit("device", "O-2", name="O-2 renamed")
    capsys.readouterr()

    assert main(["apply", "plan.json", "--yes"]) == 1

    assert "device/O-2" in capsys.readouterr().err
    assert main(["plan", "-o", "plan.json"]) == 0
    assert main(["apply", "plan.json", "--yes"]) == 0
    assert person.by_name("device", "O-2")["label"] == "new"


def test_yes_does_not_adopt_without_a_terminal(person: Person, capsys: pytest.CaptureFixture[str]) -> None:
    stranger = person.create("device", "O-3", "default")
    Path("fleet.yaml").write_text(MANIFEST + "          - {name: O-3, label: mine}\n")
    capsys.readouterr()

    assert main(["apply", "--yes"]) == 1

    told = capsys.readouterr()
    assert "1 to adopt (1 of them changed), 0 to add, 0 to change, 0 to delete." in " ".join(told.out.split())
    assert "Apply asks before adopting (unattended: --adopt)." in told.out
    assert "O-3" in told.err and "Pass --adopt" in told.err
    assert "papaya.fleet" not in person.attributes("device", stranger)
    assert main(["apply", "--adopt"]) == 1
    assert "Pass --yes" in capsys.readouterr().err
    assert main(["apply", "--yes", "--adopt"]) == 0
    assert "1 adopted (1 of them changed), 0 added, 0 changed, 0 deleted." in out(capsys)


def test_tokens_go_by_the_names_of_the_manifest_where_the_server_has_others(
    person: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    tokens = {name: person.token(name) for name in ("O-1", "O-2")}
    for old, new in (("O-1", "between"), ("O-2", "O-1"), ("between", "O-2")):
        person.edit("device", old, name=new)
    person.edit("asset", "OPS-S1", name="S1")
    capsys.readouterr()

    assert main(["credentials", "export", "--show"]) == 0

    rows = capsys.readouterr().out.splitlines()[1:]
    assert rows == [f"{name},OPS/OPS-S1/{name},ACCESS_TOKEN,{tokens[name]}" for name in ("O-1", "O-2")]
    assert main(["credentials", "show", "O-1", "--show-token"]) == 0
    assert capsys.readouterr().out.strip() == tokens["O-1"]


def test_show_says_what_was_renamed(person: Person, capsys: pytest.CaptureFixture[str]) -> None:
    person.edit("device", "O-2", name="O-2 renamed")
    person.edit("asset", "OPS-S1", name="S1")
    capsys.readouterr()

    assert main(["show"]) == 0
    told = out(capsys)
    assert "renamed on the server, was O-2" in told
    assert "renamed on the server, was OPS-S1" in told
    assert main(["show", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["entities"]
    renamed = {one["name"]: one["appliedAs"] for one in rows if "appliedAs" in one}
    assert renamed == {"O-2 renamed": "O-2", "S1": "OPS-S1"}
