"""docs/certificates.md: its manifest and its commands work as they stand, one after the other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client

PAGE = (Path(__file__).parents[2] / "docs" / "certificates.md").read_text(encoding="utf-8")


def test_every_command_of_the_page_works(tmp_path: Path) -> None:
    [manifest] = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "fleet.yaml").write_text(manifest, encoding="utf-8")
    blocks = re.findall(r"^```bash\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len(blocks) > 6
    with Sandbox(mqtt_tls_port=0) as sandbox, Client(sandbox) as client:
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PAPAYA_URL": sandbox.url,
            "PAPAYA_USERNAME": sandbox.username,
            "PAPAYA_PASSWORD": sandbox.password,
            "PAPAYA_CA_FILE": str(sandbox.ca_file),
            "PAPAYA_MQTT_PORT": str(sandbox.mqtt_tls_port),
            "PAPAYA_CREDENTIALS_FILE": str(tmp_path / "PM-0002.token"),
        }
        for block in blocks:
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", block],
                cwd=tmp_path,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, (block, done.stdout, done.stderr)
        kinds = {}
        for name in ("PM-0001", "PM-0002", "PM-0003"):
            id_ = client.get("/api/tenant/devices", deviceName=name)["id"]["id"]
            kinds[name] = client.get(f"/api/device/{id_}/credentials")["credentialsType"]
    # PM-0002, whose credentials are not declared, was not excluded from the rotation, which left it out.
    assert kinds == {"PM-0001": "X509_CERTIFICATE", "PM-0002": "X509_CERTIFICATE", "PM-0003": "MQTT_BASIC"}
    assert (tmp_path / "exported" / "certs" / "PM-0001.pem").exists()
