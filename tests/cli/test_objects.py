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


CHAINS = """\
apiVersion: papaya/v1
kind: Fleet
metadata: {name: meters}
profiles: {create: true}
safety: {maxDestroy: 9}
ruleChains:
  - {name: Meters, file: rules/meters.json, description: Of the meters}
  - {name: Attributes, file: rules/attributes.json}
countries: [{name: INDIA}]
"""
NODE = {"type": "org.thingsboard.rule.engine.filter.TbMsgTypeSwitchNode", "name": "Switch"}


def _write_chains() -> None:
    Path("rules").mkdir(exist_ok=True)
    node = {**NODE, "configuration": {"version": 0}}
    deep = {
        "type": "org.thingsboard.rule.engine.flow.TbRuleChainInputNode",
        "name": "Deep",
        "configuration": {"ruleChainId": "papaya://ruleChain/Attributes"},
    }
    for name, nodes in (("meters", [node, deep]), ("attributes", [node])):
        chain = {"ruleChain": {"name": name}, "metadata": {"firstNodeIndex": 0, "nodes": nodes}}
        Path(f"rules/{name}.json").write_text(json.dumps(chain))
    Path("fleet.yaml").write_text(CHAINS)


def test_rule_chains_go_from_files_to_one_server_and_from_there_to_another(
    client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _write_chains()
    assert main(["apply", "--yes"]) == 0
    assert main(["plan", "--detailed-exitcode"]) == 0
    assert main(["export", "--with", "ruleChains"]) == 64
    assert main(["export", "--with", "ruleChains", "-o", "out"]) == 0
    assert sorted(path.name for path in Path("out/ruleChains").iterdir()) == [
        "attributes.json",
        "meters.json",
    ]
    assert "papaya://ruleChain/Attributes" in Path("out/ruleChains/meters.json").read_text()
    assert main(["plan", "out", "--detailed-exitcode"]) == 0
    with Sandbox() as production:
        monkeypatch.setenv("PAPAYA_URL", production.url)
        text = Path("out/fleet.yaml").read_text()
        Path("out/fleet.yaml").write_text(
            text.replace("profiles: {", "profiles: {create: true, ").replace("server: {", "#")
        )
        assert main(["apply", "out", "--yes"]) == 0
        assert main(["plan", "out", "--detailed-exitcode"]) == 0


FIELDS = """\
apiVersion: papaya/v1
kind: Fleet
metadata: {name: meters}
profiles: {create: true, device: Meter}
safety: {maxDestroy: 9}
calculatedFields:
  - {name: double, device: PM-1, file: rules/double.json}
  - {name: double of the State, fieldName: double, place: Karnataka, file: rules/double.json}
countries: [{name: INDIA, states: [{name: Karnataka, devices: [{name: PM-1}]}]}]
"""


def test_calculated_fields_go_from_files_to_one_server_and_from_there_to_another(
    client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("rules").mkdir()
    arguments = {"t": {"refEntityKey": {"key": "temperature", "type": "TS_LATEST"}}}
    output = {"type": "TIME_SERIES", "name": "double"}
    told = {"type": "SIMPLE", "arguments": arguments, "expression": "t * 2", "output": output}
    Path("rules/double.json").write_text(json.dumps({"configuration": told}))
    Path("fleet.yaml").write_text(FIELDS)
    assert main(["apply", "--yes"]) == 0
    assert main(["plan", "--detailed-exitcode"]) == 0
    capsys.readouterr()
    assert main(["show", "--json"]) == 0
    objects = json.loads(capsys.readouterr().out)["objects"]
    # It is called on the server as its entry says: nobody renamed it.
    assert [(one["name"], one.get("appliedAs")) for one in objects] == [("double", None), ("double", None)]
    assert main(["export", "--with", "calculatedFields", "-o", "out"]) == 0
    assert sorted(path.name for path in Path("out/calculatedFields").iterdir()) == [
        "double (PM-1).json",
        "double of the State (Karnataka).json",
    ]
    assert main(["plan", "out", "--detailed-exitcode"]) == 0
    with Sandbox() as production:
        monkeypatch.setenv("PAPAYA_URL", production.url)
        text = Path("out/fleet.yaml").read_text()
        Path("out/fleet.yaml").write_text(
            text.replace("profiles: {", "profiles: {create: true, ").replace("server: {", "#")
        )
        assert main(["apply", "out", "--yes"]) == 0
        assert main(["plan", "out", "--detailed-exitcode"]) == 0


def test_a_file_that_is_missing_or_no_json_is_told_where_it_is_named(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    _write_chains()
    Path("rules/meters.json").unlink()
    Path("rules/attributes.json").write_text('{"metadata": [}')
    assert main(["validate"]) == 1
    said = "".join(capsys.readouterr())
    assert "rules/meters.json" in said and "there is no such file" in said
    assert "rules/attributes.json:1:15" in said and "no JSON" in said
    Path("fleet.yaml").write_text(CHAINS.replace("rules/meters.json", "/etc/passwd"))
    assert main(["validate"]) == 1
    assert "is not relative to the folder of the manifest" in "".join(capsys.readouterr())


def test_a_changed_file_makes_a_saved_plan_stale(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    _write_chains()
    assert main(["plan", "-o", "saved.json"]) == 0
    path = Path("rules/attributes.json")
    path.write_text(path.read_text().replace('"version": 0', '"version": 1'))
    assert main(["apply", "saved.json", "--yes"]) == 1
    assert "changed since" in capsys.readouterr().err


def test_destroy_says_that_nothing_is_left(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    """Not that the server is as the manifest says: it has nothing of it."""
    assert main(["destroy", "--yes"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "Nothing to delete: " in out
    assert "has nothing that meters manages." in out
    assert "No changes" not in out


WITH_USERS = MANIFEST.replace(
    "- {title: Metro}", "- {title: Metro, users: [{email: asha@x.example, phone: '1'}]}"
)


def test_users_are_exported_into_the_entries_of_their_customers(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("fleet.yaml").write_text(WITH_USERS)
    assert main(["apply", "--yes"]) == 0
    assert main(["export", "--with", "customers", "--with", "customers.users", "-o", "out.yaml"]) == 0
    capsys.readouterr()
    assert main(["plan", "out.yaml", "--detailed-exitcode"]) == 0
    assert "No changes." in capsys.readouterr().out
    assert main(["render", "fleet.yaml"]) == 0
    Path("rendered.yaml").write_text(capsys.readouterr().out)
    assert main(["plan", "rendered.yaml", "--detailed-exitcode"]) == 0
    capsys.readouterr()
    assert main(["show", "fleet.yaml"]) == 0
    assert "asha@x.example" in capsys.readouterr().out
    assert main(["plan", "fleet.yaml", "--target", "user/asha@x.example", "--detailed-exitcode"]) == 0


def test_an_activation_link_is_printed_on_request_and_stands_nowhere_else(
    client: Client, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    Path("fleet.yaml").write_text(WITH_USERS)
    assert main(["apply", "--yes", "--json"]) == 0
    everything = "".join(capsys.readouterr())
    assert main(["credentials", "activation-link", "user/asha@x.example"]) == 0
    told = capsys.readouterr()
    token = told.out.strip().partition("activateToken=")[2]
    assert token
    assert "whoever opens it sets the password of asha@x.example. It works for 23 hours." in told.err
    assert token not in told.err + everything
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or token.encode() not in path.read_bytes(), path

    assert main(["credentials", "activation-link", "asha@x.example", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["activationLink"].endswith(token)
    client.post("/api/noauth/activate", {"activateToken": token, "password": "long enough"})
    assert main(["credentials", "activation-link", "asha@x.example"]) == 1
    assert "is active already" in capsys.readouterr().err
    assert main(["plan", "--detailed-exitcode"]) == 0


def test_a_link_of_nobody_names_who_may_be_meant(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    Path("fleet.yaml").write_text(WITH_USERS)
    assert main(["apply", "--yes"]) == 0
    assert main(["credentials", "activation-link", "ascha@x.example", "fleet.yaml"]) == 1
    assert "asha@x.example" in capsys.readouterr().err
