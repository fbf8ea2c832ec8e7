"""Firmware at the command line: from a file to a server and a device, into files, and to another server."""

from __future__ import annotations

import hashlib
import json
import queue
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
import requests
import yaml
from paho.mqtt.enums import CallbackAPIVersion

from papaya.cli import main
from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client

PAGE = Path(__file__).parents[2] / "docs" / "firmware.md"
APP = bytes(range(256)) * 700
_SECONDS = 60.0
_CHUNK = 50_000


def manifest_of_the_page() -> str:
    """Return the manifest that the page begins with."""
    found = re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture(params=["4.0.1", "4.3.1.3"])
def server(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox(emulate=request.param) as sandbox:
        yield sandbox


@pytest.fixture
def client(server: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    sandbox = server
    with Client(sandbox) as one:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("PAPAYA_URL", sandbox.url)
        monkeypatch.setenv("PAPAYA_USERNAME", sandbox.username)
        monkeypatch.setenv("PAPAYA_PASSWORD", sandbox.password)
        Path("fleet.yaml").write_text(manifest_of_the_page())
        Path("build").mkdir()
        Path("build/meter-app-1.4.2.bin").write_bytes(APP)
        yield one


def shared(client: Client, name: str) -> dict[str, Any]:
    device = client.get("/api/tenant/devices", deviceName=name)
    return client.attributes(device, "SHARED")


def by_mqtt(sandbox_port: int, token: str, chunks: int) -> bytes:
    """Return the firmware of a device as it takes it in chunks."""
    came: queue.Queue[bytes] = queue.Queue()
    ready: queue.Queue[bool] = queue.Queue()
    device = mqtt.Client(CallbackAPIVersion.VERSION2)
    device.username_pw_set(token)

    def subscribe(*_: Any) -> None:
        device.subscribe("v2/fw/response/+/chunk/+")

    device.on_connect = subscribe
    device.on_subscribe = lambda *_: ready.put(True)
    device.on_message = lambda _client, _data, message: came.put(bytes(message.payload))
    device.connect("127.0.0.1", sandbox_port)
    device.loop_start()
    try:
        ready.get(timeout=_SECONDS)
        data = b""
        for number in range(chunks):
            device.publish(f"v2/fw/request/1/chunk/{number}", str(_CHUNK))
            data += came.get(timeout=_SECONDS)
        return data
    finally:
        device.disconnect()
        device.loop_stop()


def test_the_commands_of_the_page_publish_and_a_device_takes_it(server: Sandbox, client: Client) -> None:
    commands = re.findall(r"^(papaya .+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert commands == ["papaya plan fleet.yaml", "papaya apply fleet.yaml"]
    for command in commands:
        yes = ["--yes"] if " apply " in command else []
        assert main([*shlex.split(command)[1:], *yes]) == 0
    assert main(["plan", "--detailed-exitcode"]) == 0

    told = shared(client, "PM-0001")
    token = client.token_of(client.get("/api/tenant/devices", deviceName="PM-0001"))
    wanted = {"title": told["fw_title"], "version": told["fw_version"]}
    by_http = requests.get(f"{server.url}/api/v1/{token}/firmware", params=wanted, timeout=_SECONDS)
    chunks = -(-told["fw_size"] // _CHUNK)
    for data in (by_http.content, by_mqtt(server.mqtt_port, token, chunks)):
        assert hashlib.sha256(data).hexdigest() == told["fw_checksum"]


def test_what_the_page_says_of_confirm_target_and_export_works(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apply", "--yes"]) == 0
    text = manifest_of_the_page()
    entry = text.split("firmware:\n")[1].split("\n")[0]
    newer = f"{entry}\n{entry.replace('1.4.2', '1.5.0', 1)}"
    Path("fleet.yaml").write_text(text.replace(entry, newer).replace("meter-app 1.4.2}", "meter-app 1.5.0}"))
    assert main(["apply", "--target", "firmware/meter-app 1.5.0", "--yes"]) == 0
    assert shared(client, "PM-0001")["fw_version"] == "1.4.2"
    capsys.readouterr()
    assert main(["apply", "--yes"]) == 1
    assert "--confirm firmwareOfProfile/Meter" in "".join(capsys.readouterr())
    assert shared(client, "PM-0001")["fw_version"] == "1.4.2"
    assert main(["apply", "--yes", "--confirm", "firmwareOfProfile/Meter"]) == 0
    assert shared(client, "PM-0001")["fw_version"] == "1.5.0"
    capsys.readouterr()
    assert main(["show"]) == 0
    assert "meter-app 1.5.0" in capsys.readouterr().out


def test_an_export_goes_to_another_server(
    client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = manifest_of_the_page()
    Path("fleet.yaml").write_text(
        text.replace("{name: PM-0002}", "{name: PM-0002, firmware: meter-app 1.4.2}")
    )
    assert main(["apply", "--yes"]) == 0
    assert main(["export", "--with", "firmware", "-o", "fleet"]) == 0
    assert Path("fleet/firmware/meter-app 1.4.2.bin").read_bytes() == APP
    written = yaml.safe_load(Path("fleet/fleet.yaml").read_text())
    assert written["profiles"]["devices"]["Meter"]["firmware"] == "meter-app 1.4.2"
    capsys.readouterr()
    assert main(["plan", "fleet", "--detailed-exitcode"]) == 0
    assert "No changes." in capsys.readouterr().out
    with Sandbox() as production, Client(production) as other:
        monkeypatch.setenv("PAPAYA_URL", production.url)
        document = {**written, "profiles": {**written["profiles"], "create": True}}
        del document["server"]
        Path("fleet/fleet.yaml").write_text(yaml.safe_dump(document))
        assert main(["apply", "fleet", "--yes"]) == 0
        assert main(["plan", "fleet", "--detailed-exitcode"]) == 0
        assert shared(other, "PM-0001")["fw_checksum"] == hashlib.sha256(APP).hexdigest()
        assert other.get("/api/tenant/devices", deviceName="PM-0002")["firmwareId"] is not None


def test_a_saved_plan_uploads_the_file_that_was_planned(client: Client) -> None:
    assert main(["plan", "-o", "plan.json"]) == 0
    assert main(["apply", "plan.json", "--yes"]) == 0
    assert main(["plan", "--detailed-exitcode"]) == 0


def test_a_changed_file_is_refused_at_its_entry(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "--yes"]) == 0
    Path("build/meter-app-1.4.2.bin").write_bytes(b"other")
    capsys.readouterr()
    assert main(["apply", "--yes"]) == 1
    told = " ".join("".join(capsys.readouterr()).split())
    assert "give it a new version" in told and "(fleet.yaml:10:5)" in told
    assert main(["plan", "--json"]) == 0
    (refusal,) = json.loads(capsys.readouterr().out)["refusals"]
    assert refusal["guard"] == "immutable"
