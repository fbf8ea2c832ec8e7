"""`--quiet`: on success results on stdout, and nothing on stderr."""

from __future__ import annotations

from pathlib import Path

import pytest

from papaya.cli import main
from papaya.sandbox import Sandbox

MANIFEST = """
apiVersion: papaya/v1
kind: Fleet
metadata: {name: meters}
profiles: {create: true}
tunnel: {host: bastion.example.com, user: papaya, remotePorts: {from: 20000, to: 20010}}
countries:
  - name: INDIA
    states:
      - name: Goa
        devices:
          - {name: PM-1, serial: SN-1, tunnel: {remotePort: auto, identityFile: KEY}}
          - {name: PM-2, attributes: {latitude: 1}}
"""
# In this order: each finds what those before it have left.
COMMANDS = (
    "init new/fleet.yaml",
    "init --from-csv meters.csv -o table/fleet.yaml --yes",
    "validate",
    "render -o out/whole.yaml",
    "tunnel ports",
    "tunnel ports --write",
    "tunnel keygen PM-1",
    "tunnel ssh-config",
    "tunnel bastion -o out/bastion",
    "plan -o out/plan.json",
    "apply --yes --json",
    "plan --json",
    "show --search PM",
    "open PM-1 --print",
    "alarms",
    "export -o out/live",
    "init --from-server -o out/server/fleet.yaml --yes",
    "credentials export -o out/tokens.csv",
    "credentials rotate --out out/rotated.csv --allow-token-change 2",
    "login",
    "whoami",
    "forget PM-2 --yes",
)


def test_a_quiet_command_that_succeeds_says_nothing_on_stderr(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("out").mkdir()
    Path("fleet.yaml").write_text(MANIFEST.replace("KEY", str(tmp_path / "key")))
    Path("meters.csv").write_text("Geräte-Nr.;Land;Bundesland\nPSA-1;Deutschland;Bayern\n")
    said = {}
    with Sandbox() as sandbox:
        for name in ("url", "username", "password"):
            monkeypatch.setenv(f"PAPAYA_{name.upper()}", getattr(sandbox, name))
        for command in COMMANDS:
            code = main([*command.split(), "--quiet"])
            said[command] = (code, capsys.readouterr().err)
    assert {command: told for command, told in said.items() if told != (0, "")} == {}
