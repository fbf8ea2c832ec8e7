"""The agent as a service: what it tells systemd, and how it is installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from papaya.agent.notify import Notify
from papaya.agent.rivals import Rivals
from papaya.backoff import Backoff
from papaya.cli import main
from papaya.errors import PapayaError
from papaya.services.agent import here
from papaya.services.user_agent import user_agent_service
from papaya.systemd_unit import quoted
from papaya.workspace.choice import ManifestChoice

ROOT = Path(__file__).parents[3]
UNIT = Path("etc/systemd/system/papaya-agent.service")
METER = str(ROOT / "manifests" / "parking-meter")


def install(root: Path, *options: str) -> int:
    """Install the example meter's agent below a folder."""
    return main(["agent", "install", "PM-0001", "-f", METER, "--root", str(root), *options])


def test_systemd_is_told_that_the_agent_is_ready_and_alive(tmp_path: Path) -> None:
    now = [0.0]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(tmp_path / "notify"))
        channel.settimeout(60)
        environment = {
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "WATCHDOG_USEC": "90000000",
            "WATCHDOG_PID": str(os.getpid()),
        }
        notify = Notify(environment, lambda: now[0])
        notify.ready()
        for now[0] in (0, 10, 29, 31, 61):
            notify.beat()
        notify.status("connected")
        notify.status("connected")
        notify.stopping()
        told = [channel.recv(100).decode() for _ in range(6)]
    assert told == ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1", "STATUS=connected", "STOPPING=1"]


def test_without_systemd_nothing_is_told() -> None:
    notify = Notify({}, lambda: 0.0)
    notify.ready()
    notify.beat()
    assert notify.interval is None
    assert Notify({"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}, lambda: 0.0).interval is None


def test_a_bundle_names_the_device_that_is_installed(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.yaml"
    assert main(["render", METER, "--device", "PM-0001", "-o", str(bundle)]) == 0
    root = tmp_path / "root"
    options = ["-f", str(bundle), "--root", str(root)]
    assert main(["agent", "install", *options, "--", "--mqtt-url", "mqtts://tb"]) == 0
    unit = (root / UNIT).read_text(encoding="utf-8")
    assert "agent run PM-0001 " in unit
    assert "--mqtt-url mqtts://tb" in unit
    assert main(["agent", "install", *options, "--", "--no-such"]) == 64


def test_without_a_manifest_at_hand_the_installed_bundle_is_meant(tmp_path: Path) -> None:
    bundle = tmp_path / "agent.yaml"
    nothing, named = ManifestChoice((), is_named=False), ManifestChoice((Path("fleet.yaml"),))
    assert here(nothing, bundle) == nothing
    bundle.touch()
    assert here(nothing, bundle).paths == (bundle,)
    assert here(named, bundle) == named


def test_installing_twice_changes_nothing_and_uninstalling_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert install(tmp_path, "--", "--mqtt-url", "mqtts://tb", "--identify-command", "led {color} 100%") == 0
    unit = (tmp_path / UNIT).read_text(encoding="utf-8")
    assert '--mqtt-url mqtts://tb --identify-command "led {color} 100%%"' in unit
    assert "LoadCredential=token:/etc/papaya/PM-0001.token" in unit
    assert install(tmp_path, "--", "--mqtt-url", "mqtts://tb", "--identify-command", "led {color} 100%") == 0
    assert capsys.readouterr().out.count("unchanged") == 2
    bundle = tmp_path / "etc" / "papaya" / "agent.yaml"
    assert main(["validate", str(bundle)]) == 0
    assert main(["agent", "uninstall", "PM-0009", "--root", str(tmp_path)]) == 1
    assert "this machine is PM-0001, not PM-0009" in capsys.readouterr().err
    assert main(["agent", "uninstall", "PM-0001", "--root", str(tmp_path)]) == 0
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_dry_run_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert install(tmp_path, "--dry-run") == 0
    assert list(tmp_path.iterdir()) == []
    assert "Type=notify" in capsys.readouterr().out


def test_an_option_that_the_agent_does_not_have_is_refused_now(tmp_path: Path) -> None:
    assert install(tmp_path, "--", "--mqtt-ur", "mqtts://tb") == 64
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not on this machine")
@pytest.mark.parametrize("options", [(), ("--group", "dialout")])
@pytest.mark.parametrize(
    "check", [["verify", "--man=no", "--recursive-errors=no"], ["security", "--offline=true"]]
)
def test_systemd_accepts_the_unit(check: list[str], options: tuple[str, ...], tmp_path: Path) -> None:
    assert install(tmp_path, *options) == 0
    text = (tmp_path / UNIT).read_text(encoding="utf-8")
    copy = tmp_path / "papaya-agent.service"
    start = next(line for line in text.splitlines() if line.startswith("ExecStart="))
    copy.write_text(text.replace(start, f"ExecStart={shutil.which('true')}"), encoding="utf-8")
    threshold = ["--threshold=25"] if check[0] == "security" else []
    asked = subprocess.run(
        ["systemd-analyze", *check, *threshold, str(copy)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": ""},
    )
    assert asked.returncode == 0, asked.stdout + asked.stderr
    assert "Unknown key" not in asked.stderr


def test_a_user_without_root_gets_a_service_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    asked = ["agent", "install", "PM-0001", "-f", METER, "--user"]
    assert main([*asked, "--dry-run", "--token-file", "a token", "--", "--mqtt-url", "mqtt://tb"]) == 0
    told = capsys.readouterr().out
    assert str(tmp_path / "config" / "systemd" / "user" / "papaya-agent.service") in told
    assert f"--file {tmp_path}/config/papaya/agent.yaml --token-file" in told
    assert "--mqtt-url mqtt://tb" in told
    assert "WantedBy=default.target" in told
    assert "LoadCredential" not in told
    assert list(tmp_path.iterdir()) == []
    assert main(["agent", "uninstall", "--user"]) == 0
    assert "not installed" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["install", "uninstall"])
def test_without_root_a_service_of_the_machine_is_refused_before_anything_is_written(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert main(["agent", verb, "PM-0001", "-f", METER]) == 1
    told = capsys.readouterr().err
    assert f"papaya agent {verb} needs the rights of root" in told
    assert f"papaya agent {verb} --{'user' if verb == 'install' else 'dry-run'}" in told


def test_a_service_is_not_installed_without_the_token_that_it_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        main(["agent", "install", "PM-0001", "-f", METER, "--user", "--token-file", str(tmp_path / "t")]) == 1
    )
    told = capsys.readouterr().err
    assert f"there is no token of PM-0001 in {tmp_path}/t" in told
    assert "papaya provision PM-0001" in told


@pytest.mark.parametrize(
    ("option", "instead"),
    [
        (["--root", "image"], "leave out --root"),
        (["--group", "dialout"], "usermod --append --groups dialout"),
    ],
)
def test_what_only_a_service_of_the_machine_has_is_refused_for_a_user(
    option: list[str], instead: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["agent", "install", "PM-0001", "-f", METER, "--user", *option]) == 64
    assert instead in capsys.readouterr().err


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not on this machine")
def test_systemd_accepts_the_unit_of_a_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    fleet = ManifestChoice((Path(METER),)).load()
    service = user_agent_service(fleet, next(fleet.devices()))
    unit = next(file.text for file in service.files if file.path.suffix == ".service")
    start = next(line for line in unit.splitlines() if line.startswith("ExecStart="))
    copy = tmp_path / "papaya-agent.service"
    copy.write_text(unit.replace(start, f"ExecStart={shutil.which('true')}"), encoding="utf-8")
    asked = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", "--recursive-errors=no", str(copy)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SYSTEMD_COLORS": "0", "XDG_RUNTIME_DIR": str(tmp_path)},
    )
    assert asked.returncode == 0, asked.stdout + asked.stderr
    assert "Unknown" not in asked.stderr


def test_arguments_reach_the_service_as_they_were_meant() -> None:
    assert quoted(["a", "b c", 'd"e', "50%", "$HOME", "%d/token"], with_specifiers=["%d/token"]) == (
        'a "b c" "d\\"e" 50%% $$HOME %d/token'
    )
    with pytest.raises(PapayaError):
        quoted(["a\nUser=root"])


def test_a_rival_is_known_by_its_mark_and_only_after_ours_was_there() -> None:
    rivals = Rivals("mine", Backoff(60, 900, chance=lambda: 1.0))
    assert rivals.met("earlier", "old host") is None
    rivals.announced()
    assert rivals.met("mine", "here") is None
    assert rivals.pause() is None
    assert rivals.met("other", "shed") == "another papaya agent on shed"
    assert rivals.met("other", "shed") is None
    assert [rivals.pause() for _ in range(6)] == [60, 120, 240, 480, 900, 900]
    rivals.ended(1000, by_server=True)
    assert rivals.pause() is None


def test_sessions_that_the_server_ends_soon_are_suspicious_once() -> None:
    rivals = Rivals("mine", Backoff(60, 900))
    assert [rivals.ended(1, by_server=True) for _ in range(5)] == [False, False, True, False, False]
    assert [rivals.ended(1, by_server=False) for _ in range(5)] == [False] * 5


def test_pauses_double_with_jitter_up_to_a_bound() -> None:
    assert [Backoff(1, 10, chance=lambda: 1.0).next() for _ in range(3)] == [1, 1, 1]
    backoff = Backoff(1, 10, chance=lambda: 0.0)
    assert [backoff.next() for _ in range(6)] == [0.5, 1, 2, 4, 5, 5]
