"""Certificates and MQTT basic credentials of a fleet's devices, from the manifest to the server and back."""

from __future__ import annotations

import csv
import io
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from papaya.certificates import certificate_in
from papaya.cli import main
from papaya.sandbox import Sandbox
from tests.unit.certificates import made, write_certificate
from tests.unit.sandbox.client import Client

MANIFEST = """
apiVersion: papaya/v1
kind: Fleet
metadata: {name: meters}
profiles: {create: true}
countries:
  - name: INDIA
    states:
      - name: Goa
        devices:
          - name: PM-1
            credentials: {x509: {file: "certs/{{ name }}.pem"}}
          - name: PM-2
            serial: SN-2
            credentials:
              mqttBasic: {clientId: "{{ serial }}", username: "{{ name }}", password: {file: passwords/PM-2}}
          - name: PM-3
"""


@pytest.fixture(params=["4.0.1", "4.3.1.3"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox(emulate=request.param) as running:
        yield running


@pytest.fixture(autouse=True)
def folder(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAPAYA_URL", sandbox.url)
    monkeypatch.setenv("PAPAYA_USERNAME", sandbox.username)
    monkeypatch.setenv("PAPAYA_PASSWORD", sandbox.password)
    monkeypatch.setenv("PAPAYA_RETRY_FOR", "200ms")
    Path("fleet.yaml").write_text(MANIFEST)
    write_certificate(Path("certs/PM-1.pem"), "PM-1")
    _password("first")
    return tmp_path


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    with Client(sandbox) as one:
        yield one


def _password(text: str) -> None:
    Path("passwords").mkdir(exist_ok=True)
    Path("passwords/PM-2").write_text(text + "\n")
    Path("passwords/PM-2").chmod(0o600)


def _live(client: Client, name: str) -> dict[str, Any]:
    device = client.get("/api/tenant/devices", deviceName=name)
    found: dict[str, Any] = client.get(f"/api/device/{device['id']['id']}/credentials")
    return found


def _applied(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "--yes"]) == 0
    capsys.readouterr()


def test_both_kinds_are_created_and_a_second_plan_is_empty(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "(from file certs/PM-1.pem)" in told
    assert "client id SN-2, user name PM-2, password file passwords/PM-2" in told
    _applied(capsys)
    certificate, basic = _live(client, "PM-1"), _live(client, "PM-2")
    text = certificate_in(Path("certs/PM-1.pem").read_text()).text
    assert (certificate["credentialsType"], certificate["credentialsValue"]) == ("X509_CERTIFICATE", text)
    assert basic["credentialsType"] == "MQTT_BASIC"
    assert json.loads(basic["credentialsValue"]) == {
        "clientId": "SN-2",
        "userName": "PM-2",
        "password": "first",
    }
    for check in ([], ["--check-credentials"]):
        assert main(["plan", "--detailed-exitcode", *check]) == 0
        capsys.readouterr()


def test_what_the_server_has_steers_no_terminal_when_it_is_shown_as_json(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    _applied(capsys)
    live = _live(client, "PM-2")
    turned = {**json.loads(live["credentialsValue"]), "userName": "a\u202eb\x9b2J"}
    client.post("/api/device/credentials", {**live, "credentialsValue": json.dumps(turned)})
    assert main(["credentials", "show", "PM-2", "--json"]) == 0
    shown = capsys.readouterr().out
    assert "\u202e" not in shown
    assert "\x9b" not in shown
    assert json.loads(shown)["username"] == "a\u202eb\x9b2J"


def test_a_second_plan_reads_no_credentials(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    _applied(capsys)
    assert main(["plan", "--json"]) == 0
    without = json.loads(capsys.readouterr().out)["requests"]
    assert main(["plan", "--json", "--check-credentials"]) == 0
    with_ = json.loads(capsys.readouterr().out)["requests"]
    assert with_["read"] - without["read"] == 2


@pytest.mark.parametrize(
    ("device", "word", "change"),
    [
        ("PM-1", "x509", lambda: write_certificate(Path("certs/PM-1.pem"), "PM-1")),
        ("PM-2", "mqttBasic", lambda: _password("second")),
        (
            "PM-1",
            "accessToken",
            lambda: Path("fleet.yaml").write_text(
                MANIFEST.replace(
                    'x509: {file: "certs/{{ name }}.pem"}', "accessToken: {file: passwords/PM-2}"
                )
            ),
        ),
        (
            "PM-3",
            "x509",
            lambda: (
                write_certificate(Path("certs/PM-3.pem"), "PM-3"),
                Path("fleet.yaml").write_text(
                    MANIFEST + '            credentials: {x509: {file: "certs/{{ name }}.pem"}}\n'
                ),
            ),
        ),
    ],
)
def test_a_change_of_value_or_kind_is_a_replacement_that_needs_consent(
    device: str, word: str, change: Any, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    _applied(capsys)
    before = _live(client, device)
    change()
    assert main(["apply", "--yes"]) == 1
    told = capsys.readouterr()
    assert f"{word}" in told.out and "changed ->" in told.out and "--allow-token-change 1" in told.out
    assert _live(client, device) == before
    assert main(["apply", "--yes", "--allow-token-change", "1"]) == 0, capsys.readouterr()
    after = _live(client, device)
    assert (after["credentialsType"], after["credentialsValue"], after["credentialsId"]) != (
        before["credentialsType"],
        before["credentialsValue"],
        before["credentialsId"],
    )
    assert main(["plan", "--detailed-exitcode", "--check-credentials"]) == 0


def test_two_devices_exchange_their_certificates(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    write_certificate(Path("certs/PM-3.pem"), "PM-3")
    Path("fleet.yaml").write_text(
        MANIFEST + '            credentials: {x509: {file: "certs/{{ name }}.pem"}}\n'
    )
    _applied(capsys)
    one, three = _live(client, "PM-1")["credentialsId"], _live(client, "PM-3")["credentialsId"]
    first, third = Path("certs/PM-1.pem").read_text(), Path("certs/PM-3.pem").read_text()
    Path("certs/PM-1.pem").write_text(third)
    Path("certs/PM-3.pem").write_text(first)
    assert main(["apply", "--yes", "--allow-token-change", "2"]) == 0, capsys.readouterr()
    assert _live(client, "PM-1")["credentialsId"] == three
    assert _live(client, "PM-3")["credentialsId"] == one


def test_a_certificate_changed_on_the_server_shows_when_live_ones_are_checked(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    _applied(capsys)
    live = _live(client, "PM-1")
    body = {**live, "credentialsValue": made("other")[1].decode()}
    client.post("/api/device/credentials", body)
    assert main(["plan", "--detailed-exitcode"]) == 0
    assert main(["plan", "--detailed-exitcode", "--check-credentials", "--allow-token-change", "1"]) == 2
    assert "x509" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda path: path.unlink(), "there is no such file"),
        (lambda path: path.write_text("hello"), "no PEM certificate"),
        (lambda path: path.write_bytes(b"".join(made("PM-1"))), "private key"),
        (lambda path: path.write_bytes(b"\x30\x82\x00\xff"), "not text in UTF-8"),
        (lambda path: (path.unlink(), path.mkdir()), "folder"),
    ],
)
def test_a_certificate_file_that_is_none_is_told_with_its_place(
    damage: Any, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(Path("certs/PM-1.pem"))
    for command in ("validate", "plan", "apply"):
        assert main([command]) == 1
        output = "".join(capsys.readouterr())
        assert "fleet.yaml:12:13" in output and "certs/PM-1.pem, the certificate of PM-1" in output
        assert told in output
        assert "Traceback" not in output


def test_one_certificate_for_two_devices_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("certs/PM-3.pem").write_text(Path("certs/PM-1.pem").read_text())
    Path("fleet.yaml").write_text(
        MANIFEST + '            credentials: {x509: {file: "certs/{{ name }}.pem"}}\n'
    )
    assert main(["validate"]) == 1
    assert "it is also the certificate of PM-1" in "".join(capsys.readouterr())


def test_an_expired_certificate_is_told_and_never_registered(capsys: pytest.CaptureFixture[str]) -> None:
    write_certificate(Path("certs/PM-1.pem"), "PM-1", days=10, ago=20)
    assert main(["validate"]) == 0
    assert "it expired on" in "".join(capsys.readouterr())
    assert main(["apply", "--yes"]) == 1
    told = "".join(capsys.readouterr())
    assert "1 expired certificate would be registered: PM-1" in told
    assert main(["apply", "--yes", "--exclude", "PM-1"]) == 0, capsys.readouterr()


def test_a_certificate_that_ends_soon_is_a_note_of_the_plan(capsys: pytest.CaptureFixture[str]) -> None:
    write_certificate(Path("certs/PM-1.pem"), "PM-1", days=20)
    assert main(["validate"]) == 0
    assert main(["plan"]) == 0
    assert "the certificate expires in 19 days" in " ".join(capsys.readouterr().out.split())
    write_certificate(Path("certs/PM-1.pem"), "PM-1", days=40)
    assert main(["plan"]) == 0
    assert "expires in" not in capsys.readouterr().out


def test_show_tells_what_is_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    _applied(capsys)
    assert main(["credentials", "show", "PM-1"]) == 0
    told = capsys.readouterr().out
    assert "X509_CERTIFICATE (CN=PM-1, expires 20" in told
    assert main(["credentials", "show", "PM-2"]) == 0
    told = capsys.readouterr().out
    assert "MQTT_BASIC (client id SN-2, user name PM-2, with a password); to see it: --show-token" in told
    assert main(["credentials", "show", "PM-2", "--json"]) == 0
    assert "first" not in capsys.readouterr().out
    assert main(["credentials", "show", "PM-2", "--show-token"]) == 0
    assert capsys.readouterr().out == "first\n"


def test_the_exported_file_has_passwords_and_certificates(capsys: pytest.CaptureFixture[str]) -> None:
    _applied(capsys)
    assert main(["credentials", "export", "--with-passwords", "-o", "all.csv"]) == 0
    assert stat.S_IMODE(Path("all.csv").stat().st_mode) == 0o600
    rows = {row["device"]: row for row in csv.DictReader(io.StringIO(Path("all.csv").read_text()))}
    assert rows["PM-1"]["type"] == "X509_CERTIFICATE" and rows["PM-1"]["token"] == ""
    assert (rows["PM-2"]["client_id"], rows["PM-2"]["password"]) == ("SN-2", "first")
    assert rows["PM-3"]["token"] and rows["PM-3"]["password"] == ""
    assert main(["credentials", "export", "-o", "without.csv"]) == 0
    assert "first" not in Path("without.csv").read_text()
    assert main(["credentials", "export", "-o", "all.json"]) == 0
    assert "first" not in Path("all.json").read_text()
    devices = {one["device"]: one for one in json.loads(Path("all.json").read_text())["devices"]}
    assert devices["PM-1"]["certificate"] == Path("certs/PM-1.pem").read_text()
    assert devices["PM-1"]["subject"] == "CN=PM-1"


def test_rotate_gives_a_new_password_and_leaves_certificates_out(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    _applied(capsys)
    rotate = ["credentials", "rotate", "--out", "new.json", "--allow-token-change", "9"]
    assert main(rotate) == 1
    assert "declares the credentials of 2 devices: PM-1, PM-2" in capsys.readouterr().err
    plain = MANIFEST.replace('            credentials: {x509: {file: "certs/{{ name }}.pem"}}\n', "")
    Path("fleet.yaml").write_text(
        plain.replace(
            plain[plain.index("            credentials:") : plain.index("          - name: PM-3")], ""
        )
    )
    before = {name: _live(client, name) for name in ("PM-1", "PM-2", "PM-3")}
    assert main(rotate) == 0, capsys.readouterr()
    told = capsys.readouterr().err
    assert "Left out: PM-1 has a certificate" in told
    rows = {row["device"]: row for row in json.loads(Path("new.json").read_text())["devices"]}
    assert rows.keys() == {"PM-2", "PM-3"}
    assert _live(client, "PM-1") == before["PM-1"]
    now = json.loads(_live(client, "PM-2")["credentialsValue"])
    assert now == {"clientId": "SN-2", "userName": "PM-2", "password": rows["PM-2"]["new"]["password"]}
    assert rows["PM-2"]["old"]["password"] == "first" != now["password"]
    assert _live(client, "PM-3")["credentialsId"] == rows["PM-3"]["new"]
    assert main(["plan", "--detailed-exitcode"]) == 0, capsys.readouterr()


def test_a_saved_plan_carries_certificates_and_no_password(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "-o", "plan.json"]) == 0
    assert "first" not in Path("plan.json").read_text()
    Path("certs/PM-1.pem").rename("moved.pem")
    capsys.readouterr()
    result = main(["apply", "plan.json", "--yes"])
    Path("moved.pem").rename("certs/PM-1.pem")
    if result:  # the manifest is checked against the plan, and so needs its certificates
        assert main(["apply", "plan.json", "--yes"]) == 0, capsys.readouterr()
    assert main(["plan", "--detailed-exitcode", "--check-credentials"]) == 0
    assert _live(client, "PM-1")["credentialsType"] == "X509_CERTIFICATE"


@pytest.mark.parametrize("out", ["made", "made/fleet.yaml"])
def test_an_export_has_certificates_and_logins_and_no_secret(
    out: str, client: Client, capsys: pytest.CaptureFixture[str], sandbox: Sandbox
) -> None:
    _applied(capsys)
    Path("made").mkdir()
    assert main(["export", "-o", out]) == 0
    told = capsys.readouterr().err
    assert "Write its password yourself: passwords/PM-2" in told
    folder = Path("made")
    assert (folder / "certs" / "PM-1.pem").read_text() == Path("certs/PM-1.pem").read_text()
    assert all("first" not in path.read_text() for path in folder.rglob("*") if path.is_file())
    (folder / "passwords").mkdir()
    (folder / "passwords" / "PM-2").write_text("first\n")
    (folder / "passwords" / "PM-2").chmod(0o600)
    assert main(["validate", str(folder)]) == 0, capsys.readouterr()
    assert main(["plan", str(folder), "--detailed-exitcode", "--check-credentials"]) == 0, capsys.readouterr()


def test_an_export_reads_credentials_of_others_when_asked(
    client: Client, capsys: pytest.CaptureFixture[str], sandbox: Sandbox
) -> None:
    _applied(capsys)
    present = _live(client, "PM-3")
    pem = made("PM-3")[1].decode()
    client.post(
        "/api/device/credentials",
        {**present, "credentialsType": "X509_CERTIFICATE", "credentialsValue": pem},
    )
    before = len(sandbox.requests)
    assert main(["export", "-o", "without"]) == 0
    read = [path for _, path, _ in sandbox.requests[before:] if path.endswith("/credentials")]
    assert len(read) == 2
    assert not Path("without/certs/PM-3.pem").exists()
    assert main(["export", "--with", "credentials", "-o", "with"]) == 0
    assert certificate_in(Path("with/certs/PM-3.pem").read_text()).subject == "CN=PM-3"
    capsys.readouterr()
    assert main(["export"]) == 0
    shown = capsys.readouterr()
    assert "certs/PM-1.pem" in shown.out and "BEGIN CERTIFICATE" not in shown.out
    assert "Not written: 1 certificate; -o writes them." in shown.err


def test_a_fleet_without_such_credentials_reads_none_when_it_is_exported(
    capsys: pytest.CaptureFixture[str], sandbox: Sandbox
) -> None:
    plain = MANIFEST[: MANIFEST.index("          - name: PM-1")]
    Path("fleet.yaml").write_text(
        plain + "          - {name: PM-1, credentials: {accessToken: {file: passwords/PM-2}}}\n"
    )
    _applied(capsys)
    before = len(sandbox.requests)
    assert main(["export", "-o", "made"]) == 0
    assert not [path for _, path, _ in sandbox.requests[before:] if path.endswith("/credentials")]


def test_many_devices_with_certificates_are_exported_as_a_table(
    capsys: pytest.CaptureFixture[str], sandbox: Sandbox
) -> None:
    plain = MANIFEST[: MANIFEST.index("          - name: PM-1")]
    names = [f"M-{number:03}" for number in range(60)]
    lines = [
        f"          - {{name: {name}, credentials: {{x509: {{file: 'certs/{name}.pem'}}}}}}\n"
        if number % 2
        else f"          - {{name: {name}, credentials: {{mqttBasic: {{clientId: {name}}}}}}}\n"
        for number, name in enumerate(names)
    ]
    for name in names[1::2]:
        write_certificate(Path(f"certs/{name}.pem"), name)
    more = [
        f"          - {{name: N-{n}, credentials: {{mqttBasic: {{clientId: N-{n}}}}}}}\n" for n in range(30)
    ]
    Path("fleet.yaml").write_text(plain + "".join(lines + more))
    _applied(capsys)
    assert main(["export", "-o", "made"]) == 0
    [table] = Path("made").glob("*.csv")
    assert "credentials.mqttBasic.clientId" in table.read_text().splitlines()[0]
    capsys.readouterr()
    assert main(["plan", "made", "--detailed-exitcode"]) == 0, capsys.readouterr()
