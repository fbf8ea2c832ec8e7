"""`papaya render`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from papaya.cli import main
from papaya.resources import locate
from papaya.workspace.fleet import load_fleet

NATIONAL = str(locate("manifests", "national"))


def rendered(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return what `papaya render` prints."""
    assert main(["render", *arguments]) == 0
    return capsys.readouterr().out


def test_the_expanded_manifest_is_a_manifest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rows, models and defaults are merged, and nothing is lost."""
    path = tmp_path / "expanded.yaml"
    path.write_text(rendered(capsys, NATIONAL), encoding="utf-8")
    before, after = load_fleet([NATIONAL]), load_fleet([path])
    assert [device.attributes for device in before.devices()] == [
        device.attributes for device in after.devices()
    ]
    assert [device.sensors for device in before.devices()] == [device.sensors for device in after.devices()]
    assert after.device("MTR-00012") is not None


def test_a_bundle_has_one_device_and_only_its_own_references(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its places are shared, so that nothing else is ever touched."""
    (tmp_path / "fleet.yaml").write_text(
        """
apiVersion: papaya/v1
kind: Fleet
metadata: {name: f}
server: {url: "http://tb", tenant: 6f1c0e10-c7d1-11f0-9d1a-35b0a4a7d001, apiKey: {env: ADMIN_KEY}}
profiles:
  create: true
  devices:
    A: {provisioning: {strategy: allowCreate, key: a, secret: {env: A_SECRET}}}
    B: {provisioning: {strategy: allowCreate, key: b, secret: {env: B_SECRET}}}
sensorSets: {s: [{key: a}], t: [{key: b}]}
models: {m: {sensors: s}, n: {sensors: t}}
defaults: {device: {profile: A, credentials: {accessToken: {file: "tokens/{{ name }}"}}}}
tunnel: {host: bastion, remotePorts: {from: 20000, to: 20009}}
countries:
  - name: C
    states:
      - {name: S, devices: [{name: D, model: m, tunnel: {remotePort: auto}}, {name: E, model: n, profile: B}]}
      - {name: T}
""",
        encoding="utf-8",
    )
    out = rendered(capsys, str(tmp_path), "--device", "D")
    document = yaml.safe_load(out)
    assert document["metadata"] == {"name": "f", "bundle": "D"}
    assert document["server"] == {"url": "http://tb", "tenant": "6f1c0e10-c7d1-11f0-9d1a-35b0a4a7d001"}
    assert document["profiles"]["create"] is False
    for foreign in ("ADMIN_KEY", "B_SECRET", "tokens/E", "name: E", "name: T", "key: b"):
        assert foreign not in out
    for own in ("A_SECRET", "tokens/D", "bastion", "sensors: s"):
        assert own in out
    bundle = tmp_path / "bundle.yaml"
    assert main(["render", str(tmp_path / "fleet.yaml"), "--device", "D", "-o", str(bundle)]) == 0
    fleet = load_fleet([bundle])
    assert (fleet.bundle, [device.name for device in fleet.devices()]) == ("D", ["D"])
    assert [(place.name, place.shared) for place in (*fleet.countries, *fleet.countries[0].states)] == [
        ("C", True),
        ("S", True),
    ]


def test_what_is_rendered_never_becomes_a_part_of_its_own_manifest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither by a new file in the folder nor over the manifest itself; elsewhere it is written."""
    text = rendered(capsys, NATIONAL)
    (tmp_path / "whole").mkdir()
    manifest = tmp_path / "fleet.yaml"
    manifest.write_text(text, encoding="utf-8")
    for named, out in (
        (tmp_path, "rendered.yaml"),
        (tmp_path, "whole/../fleet.yaml"),
        (manifest, "fleet.yaml"),
    ):
        assert main(["render", str(named), "-o", str(tmp_path / out)]) == 1
        assert "was not written: papaya reads it as a part of the manifest" in capsys.readouterr().err
    assert manifest.read_text(encoding="utf-8") == text
    assert not (tmp_path / "rendered.yaml").exists()
    for out in ("whole/fleet.yaml", "rendered.json"):
        assert main(["render", str(tmp_path), "-o", str(tmp_path / out)]) == 0
        assert (tmp_path / out).exists()


def test_json_is_the_same_document(capsys: pytest.CaptureFixture[str]) -> None:
    """For programs that read no YAML."""
    assert json.loads(rendered(capsys, NATIONAL, "--json")) == yaml.safe_load(rendered(capsys, NATIONAL))


def test_an_unknown_device_is_named_with_the_one_that_is_meant(capsys: pytest.CaptureFixture[str]) -> None:
    """And the command fails."""
    assert main(["render", NATIONAL, "--device", "MTR-0012"]) == 1
    err = capsys.readouterr().err
    assert "the fleet acme-meters has no device MTR-0012" in err
    assert "Did you mean MTR-000" in err


def test_a_faulty_manifest_is_not_rendered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its faults are told on stderr."""
    (tmp_path / "f.yaml").write_text("a: 1\n", encoding="utf-8")
    assert main(["render", str(tmp_path / "f.yaml")]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "this is no manifest of papaya" in captured.err
