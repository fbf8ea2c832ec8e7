"""Objects beside the tree at the command line, from a manifest to the server and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from papaya.cli import main
from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client

MANIFEST = """\
apiVersion: papaya/v1
kind: Fleet
metadata: {name: meters}
profiles: {create: true}
customers:
  - {title: City of Bengaluru, email: ops@city.example, zip: "560001"}
  - {title: Metro}
countries:
  - name: INDIA
    states:
      - name: Goa
        devices:
          - {name: PM-1, customer: City of Bengaluru}
"""


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    with Sandbox() as sandbox, Client(sandbox) as one:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("PAPAYA_URL", sandbox.url)
        monkeypatch.setenv("PAPAYA_USERNAME", sandbox.username)
        monkeypatch.setenv("PAPAYA_PASSWORD", sandbox.password)
        Path("fleet.yaml").write_text(MANIFEST)
        yield one


def test_a_manifest_with_customers_is_applied_and_exported_so_that_a_plan_is_empty(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apply", "--yes"]) == 0
    capsys.readouterr()
    assert main(["export", "--with", "customers", "-o", "out.yaml"]) == 0
    assert "City of Bengaluru" in Path("out.yaml").read_text()
    capsys.readouterr()
    assert main(["plan", "out.yaml", "--detailed-exitcode"]) == 0
    assert "No changes." in capsys.readouterr().out


def test_show_lists_them_before_the_tree(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "--yes"]) == 0
    capsys.readouterr()
    assert main(["show"]) == 0
    out = capsys.readouterr().out
    assert out.index("Metro") < out.index("INDIA")
    assert main(["show", "--json"]) == 0
    objects = json.loads(capsys.readouterr().out)["objects"]
    assert [one["name"] for one in objects] == ["City of Bengaluru", "Metro"]


def test_a_saved_plan_is_stale_once_somebody_edits_the_object(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apply", "--yes"]) == 0
    Path("fleet.yaml").write_text(MANIFEST.replace("ops@city", "desk@city"))
    assert main(["plan", "-o", "saved.json", "--only-resources"]) == 0
    assert json.loads(Path("saved.json").read_text())["scope"]["only"] == "resources"
    row = client.get("/api/tenant/customers", customerTitle="City of Bengaluru")
    client.post("/api/customer", {**row, "email": "hand@city.example"})
    capsys.readouterr()
    assert main(["apply", "saved.json", "--yes"]) == 1
    assert "email was" in capsys.readouterr().err
    client.post("/api/customer", {**row, "version": None})
    assert main(["plan", "-o", "saved.json"]) == 0
    assert main(["apply", "saved.json", "--yes"]) == 0
    assert (
        client.get("/api/tenant/customers", customerTitle="City of Bengaluru")["email"] == "desk@city.example"
    )


def test_a_part_may_be_left_out_and_one_may_be_meant(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apply", "--yes", "--target", "Metro"]) == 0
    assert "1 added" in capsys.readouterr().out
    assert main(["plan", "--target", "customer/Nobody"]) == 1
    assert "customer/Nobody" in capsys.readouterr().err
    assert main(["plan", "--only-tree", "--only-resources"]) == 64
    assert main(["apply", "--yes", "--only-resources"]) == 0
    assert main(["plan", "--only-resources", "--detailed-exitcode"]) == 0


def test_forgetting_one_says_what_the_next_apply_does(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apply", "--yes"]) == 0
    assert main(["forget", "customer/Metro", "--yes"]) == 0
    assert "the next apply would adopt: customer/Metro" in capsys.readouterr().err
    assert main(["plan"]) == 0
    assert "1 to adopt" in capsys.readouterr().out


def test_faults_of_entries_are_told_where_they_stand(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    text = MANIFEST.replace(
        "  - {title: Metro}", "  - {title: Public}\n  - {title: X}\n  - {title: X, mail: a}"
    )
    Path("fleet.yaml").write_text(text)
    assert main(["validate"]) == 1
    err = capsys.readouterr()
    said = err.err + err.out
    assert "fleet.yaml:9:16" in said and "email" in said
    Path("fleet.yaml").write_text(text.replace(", mail: a", ""))
    assert main(["validate"]) == 1
    said = "".join(capsys.readouterr())
    assert "customers lists X twice" in said
    Path("fleet.yaml").write_text(MANIFEST.replace("{title: Metro}", "{title: Public}"))
    assert main(["validate"]) == 1
    assert "the server keeps the customer Public itself" in "".join(capsys.readouterr())


def test_render_prints_them_and_a_bundle_does_not_carry_them(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("out").mkdir()
    assert main(["render", "-o", "out/whole.yaml"]) == 0
    assert "City of Bengaluru" in Path("out/whole.yaml").read_text()
    assert main(["render", "--device", "PM-1", "-o", "out/one.yaml"]) == 0
    assert "customers:" not in Path("out/one.yaml").read_text()
    assert main(["apply", "--yes", "out/whole.yaml"]) == 0
    assert main(["plan", "--detailed-exitcode"]) == 0
