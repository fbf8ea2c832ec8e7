"""Device and asset profiles at the command line: files to a server, back to files, faults by their places."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from papaya.cli import main
from papaya.sandbox import Sandbox

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SECRET = "hidden-from-everybody"  # noqa: S105 - a made-up one
MANIFEST = """\
apiVersion: papaya/v1
kind: Fleet
metadata: {name: meters}
safety: {maxDestroy: 9}
ruleChains: [{name: Meters, file: meters.json}]
profiles:
  create: true
  device: Meter
  assets:
    State: {description: Districts, queue: Main, ruleChain: Meters}
  devices:
    Meter:
      description: Parking meters
      transport: {type: mqtt, telemetryTopic: meters/telemetry}
      ruleChain: Meters
      image: meter.png
      provisioning: {strategy: allowCreate, key: mk2, secret: {env: METER_SECRET}}
      alarms: fromSensors
sensorSets: {base: [{key: t, warnAbove: 60}]}
countries: [{name: INDIA, states: [{name: Goa, devices: [{name: PM-1, sensors: [base]}]}]}]
"""


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox() as one:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("PAPAYA_URL", one.url)
        monkeypatch.setenv("PAPAYA_USERNAME", one.username)
        monkeypatch.setenv("PAPAYA_PASSWORD", one.password)
        monkeypatch.setenv("METER_SECRET", SECRET)
        Path("fleet.yaml").write_text(MANIFEST)
        Path("meter.png").write_bytes(PIXEL)
        node = {"type": "org.thingsboard.rule.engine.filter.TbMsgTypeSwitchNode", "name": "Switch"}
        nodes = [{**node, "configuration": {"version": 0}}]
        chain = {"ruleChain": {"name": "x"}, "metadata": {"firstNodeIndex": 0, "nodes": nodes}}
        Path("meters.json").write_text(json.dumps(chain))
        yield one


def test_profiles_go_from_files_to_a_server_and_back(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apply", "--yes", "--adopt"]) == 0
    assert main(["plan", "--detailed-exitcode"]) == 0
    sections = ("--with", "profiles", "--with", "alarmSets", "--with", "ruleChains")
    assert main(["export", *sections, "-o", "out", "--name", "meters"]) == 0
    assert Path("out/profiles/device-Meter.png").read_bytes() == PIXEL
    assert "secret: {env: METER_SECRET}" in Path("out/fleet.yaml").read_text()
    assert main(["plan", "out", "--detailed-exitcode"]) == 0
    assert main(["show"]) == 0
    assert main(["plan", "--target", "deviceProfile/Meter"]) == 0
    said = capsys.readouterr()
    assert SECRET not in said.out + said.err


def test_a_saved_plan_is_carried_out_without_the_secret_that_it_does_not_hold(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apply", "--yes", "--adopt"]) == 0
    Path("fleet.yaml").write_text(MANIFEST.replace("Parking meters", "Meters of the city"))
    assert main(["plan", "-o", "plan.json"]) == 0
    assert SECRET not in Path("plan.json").read_text()
    assert main(["apply", "plan.json", "--yes"]) == 0
    assert main(["plan", "--detailed-exitcode"]) == 0


def test_a_renamed_profile_keeps_its_alarm_set(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "--yes", "--adopt"]) == 0
    capsys.readouterr()
    renamed = MANIFEST.replace("device: Meter\n", "device: Kerb\n")
    Path("fleet.yaml").write_text(renamed.replace("    Meter:\n", "    Kerb:\n      formerly: Meter\n"))
    assert main(["plan", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert [one["actions"] for one in plan["resources"]] == [["update", "rename"], ["update", "rename"]]
    assert main(["apply", "--yes", "--adopt"]) == 0
    assert main(["plan", "--detailed-exitcode"]) == 0


@pytest.mark.parametrize(
    ("before", "after", "place", "text"),
    [
        ("meters/telemetry", "meters/+/telemetry", "fleet.yaml:14:47", "without wildcards"),
        ("meters/telemetry", "v1/devices/me/attributes", "fleet.yaml:12:5", "the server mixes them up"),
        ("type: mqtt", "type: default", "fleet.yaml:12:5", "transport.type is not mqtt"),
        ("meter.png", "meters.json", "fleet.yaml:12:5", "is no picture"),
        ("meter.png", "nothing.png", "nothing.png", "there is no such file"),
        ("description: Parking meters", "payload: json", "fleet.yaml:13:7", "payload"),
    ],
)
def test_what_the_server_would_take_without_a_word_is_refused_where_it_stands(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], before: str, after: str, place: str, text: str
) -> None:
    Path("fleet.yaml").write_text(MANIFEST.replace(before, after))
    assert main(["validate"]) == 1
    said = "".join(capsys.readouterr())
    assert place in said and text in said, said
