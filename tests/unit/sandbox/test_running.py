"""The server as a process and as an object: durability, signals, faults, what it says of itself."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from papaya.sandbox import DatabaseBusy, Fault, Sandbox
from tests.unit.sandbox.client import Client
from tests.unit.sandbox.processes import sandbox_process


def _logged_in(line: dict[str, Any]) -> requests.Session:
    session = requests.Session()
    login = {"username": line["username"], "password": line["password"]}
    token = session.post(f"{line['url']}/api/auth/login", json=login, timeout=60).json()["token"]
    session.headers["X-Authorization"] = f"Bearer {token}"
    return session


def test_what_was_answered_survives_kill_9(tmp_path: Path) -> None:
    with sandbox_process("--data", str(tmp_path)) as (process, line), _logged_in(line) as session:
        for number in range(20):
            body = {"name": f"PM-{number}"}
            assert session.post(f"{line['url']}/api/device", json=body, timeout=60).status_code == 200
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        token = session.headers["X-Authorization"]
    with Sandbox(tmp_path) as sandbox, Client(sandbox) as client:
        assert client.get("/api/tenant/devices", pageSize=1, page=0)["totalElements"] == 20
        # The signing key is data too: who was logged in still is.
        client.session.headers["X-Authorization"] = token
        client.get("/api/auth/user")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_cleanly(number: signal.Signals) -> None:
    with sandbox_process() as (process, line):
        assert {"url", "mqtt", "username", "password"} == line.keys()
        assert line["mqtt"].startswith("mqtt://127.0.0.1:")
        process.send_signal(number)
        assert process.wait(60) == 0
        assert process.stderr is not None
        assert "not for production" in process.stderr.read()


def _fails(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "papaya", "sandbox", *arguments], capture_output=True, text=True, timeout=90
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_port_in_use_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, said = _fails("--port", str(taken.getsockname()[1]))
    assert (code, len(said.strip().splitlines())) == (1, 1)
    assert "in use" in said


@pytest.mark.parametrize("options", [("--host", "0.0.0.0"), ("--host", "10.0.0.1"), ("--emulate", "3.6")])
def test_misuse_is_exit_64(options: tuple[str, ...]) -> None:
    assert _fails(*options)[0] == 64


def test_mqtt_port_in_use_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        code, said = _fails("--port", "0", "--mqtt-port", port)
    assert (code, len(said.strip().splitlines())) == (1, 1)
    assert f"cannot serve MQTT on 127.0.0.1:{port}" in said


def test_second_server_on_the_same_data_is_refused(tmp_path: Path) -> None:
    with Sandbox(tmp_path):
        with pytest.raises(DatabaseBusy):
            Sandbox(tmp_path).start()
        assert "in use by another process" in _fails("--port", "0", "--data", str(tmp_path))[1]


def test_the_data_is_for_its_owner_alone_in_a_folder_that_others_can_read(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    readable = tmp_path / "sandbox.sqlite"
    readable.touch(mode=0o644)
    readable.chmod(0o644)
    with Sandbox(tmp_path) as sandbox, Client(sandbox) as client:
        client.device("PM-1")
        rights = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert set(rights.values()) == {0o600}, rights
    assert len(rights) > 1


def test_data_that_cannot_be_used_is_told_in_words(tmp_path: Path) -> None:
    file, damaged, hanging = tmp_path / "file", tmp_path / "damaged", tmp_path / "hanging"
    file.write_text("no folder")
    damaged.mkdir()
    (damaged / "sandbox.sqlite").write_text("no database " * 100)
    hanging.mkdir()
    os.mkfifo(hanging / "sandbox.sqlite")
    for folder in (file / "below", damaged, hanging):
        code, said = _fails("--port", "0", "--data", str(folder))
        assert code == 1, folder
        assert "cannot be used" in said, said


def test_a_host_name_that_is_not_ours_is_refused(sandbox: Sandbox) -> None:
    def status(host: str) -> int:
        headers = {"Host": host} if host else {}
        return requests.get(f"{sandbox.url}/", headers=headers, timeout=30).status_code

    for host in ("", "localhost:8080", "127.0.0.1", "[::1]:8080", "papaya.localhost", "192.168.1.5:8080"):
        assert status(host) == 200, host
    for host in ("attacker.example", "attacker.example:8080", "localhost.attacker.example", "[", "1.2.3"):
        assert status(host) == 421, host
    with Sandbox(allowed_hosts=("tb.test",)) as named:
        sandbox = named
        assert status("TB.test:80") == 200


def test_taken_port_is_an_os_error() -> None:
    with Sandbox() as sandbox, pytest.raises(OSError, match="in use"):
        Sandbox(port=sandbox.port).start()


def test_data_keeps_ids_profiles_and_versions(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox, Client(sandbox) as client:
        device = client.device("PM-1")
        client.set_attributes(device, {"bays": 2})
        tenant = sandbox.tenant_id
    with Sandbox(tmp_path, bare=True) as sandbox, Client(sandbox) as client:
        assert tenant == sandbox.tenant_id
        assert device == client.get(f"/api/device/{device['id']['id']}")
        assert client.attributes(device) == {"active": False, "bays": 2}
        assert [row["name"] for row in client.get("/api/assetProfile/names")] == [
            "Country",
            "State",
            "default",
        ]


def test_new_tenant_has_the_profiles_that_papaya_expects(client: Client) -> None:
    assert [row["name"] for row in client.get("/api/deviceProfile/names")] == ["IoT-Gateway", "default"]


def test_bare_tenant_has_the_default_profiles_alone() -> None:
    with Sandbox(bare=True) as sandbox, Client(sandbox) as client:
        assert [row["name"] for row in client.get("/api/assetProfile/names")] == ["default"]
        assert [row["name"] for row in client.get("/api/deviceProfile/names")] == ["default"]


def test_starts_in_a_moment() -> None:
    began = time.monotonic()
    with Sandbox():
        assert time.monotonic() - began < 10


def test_connections_of_the_last_moment_are_closed_with_the_server() -> None:
    def knock(port: int, taken: list[socket.socket]) -> None:
        with contextlib.suppress(OSError):
            while True:
                taken.append(socket.create_connection(("127.0.0.1", port), 60))

    for _ in range(3):
        taken: list[socket.socket] = []
        with ThreadPoolExecutor(2) as pool, Sandbox() as sandbox:
            for port in (sandbox.port, sandbox.mqtt_port):
                pool.submit(knock, port, taken)
            while len(taken) < 20:
                time.sleep(0.001)
        for one in taken:
            one.close()
    # A connection that nobody has closed is warned of when it is collected, which fails a test.
    gc.collect()


def test_unknown_version_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="known are 4.0.1, 4.2.2, 4.2.2.3, 4.3.1.3, 4.4.0"):
        Sandbox(emulate="3.6")


def test_requests_are_logged_with_their_status(client: Client, sandbox: Sandbox) -> None:
    client.ask("GET", "/api/tenant/devices", deviceName="none")
    assert sandbox.requests[-1] == ("GET", "/api/tenant/devices?deviceName=none", 404)


def _on_devices(fault: Fault) -> Any:
    return lambda method, path: fault if (method, path) == ("POST", "/api/device") else None


def test_refused_request_changes_nothing(client: Client, sandbox: Sandbox) -> None:
    sandbox.before_reply = _on_devices(Fault(status=503))
    assert client.ask("POST", "/api/device", {"name": "PM-1"}).status_code == 503
    sandbox.before_reply = None
    client.device("PM-1")


def test_lost_answer_leaves_the_write_done(client: Client, sandbox: Sandbox) -> None:
    sandbox.before_reply = _on_devices(Fault(drop=True, handled=True))
    with pytest.raises(requests.ConnectionError):
        client.ask("POST", "/api/device", {"name": "PM-1"})
    sandbox.before_reply = None
    assert client.get("/api/tenant/devices", deviceName="PM-1")["name"] == "PM-1"


def test_held_request_is_answered_once_it_is_let_go(client: Client, sandbox: Sandbox) -> None:
    asked, let_go = threading.Event(), threading.Event()

    def is_held() -> bool:
        asked.set()
        return not let_go.is_set()

    sandbox.before_reply = _on_devices(Fault(held=is_held))
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(client.device, "PM-1")
        assert asked.wait(60)
        with Client(sandbox) as other:
            assert other.ask("GET", "/api/tenant/devices", deviceName="PM-1").status_code == 404
        assert not made.done()
        let_go.set()
        assert made.result(60)["name"] == "PM-1"


def test_delayed_answer_is_a_proper_one(client: Client, sandbox: Sandbox) -> None:
    sandbox.before_reply = _on_devices(Fault(delay=0.2))
    began = time.monotonic()
    assert client.device("PM-1")["name"] == "PM-1"
    assert time.monotonic() - began >= 0.2


def test_a_client_that_goes_in_the_middle_of_its_request_is_no_fault_of_the_server() -> None:
    with sandbox_process() as (process, line):
        host, _, port = line["url"].removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port))) as client:
            head = "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"
            client.sendall(head.encode())
            # As the kernel ends the connections of a client that is killed with an answer unread.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        _logged_in(line).close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert process.stderr is not None
        said = process.stderr.read()
        assert "not for production" in said
        assert "Traceback" not in said
