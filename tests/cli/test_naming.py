"""One way to name a manifest and the devices in it, and what a shell is offered."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from papaya.cli import main
from papaya.command_line import completion, remember
from papaya.workspace.known_names import kept_names, read_names
from papaya.workspace.scanned_names import scanned_names

MANIFEST = """
apiVersion: papaya/v1
kind: Fleet
metadata: {name: meters}
tunnel: {host: bastion.example.com, user: papaya, remotePorts: {from: 20000, to: 20010}}
countries:
  - name: INDIA
    location: {latitude: 20, longitude: 78}
    states:
      - name: Tamil Nadu
        location: {latitude: 13, longitude: 80}
        devices:
          - {name: "PM, one", location: {latitude: 12, longitude: 77}, serial: SN-1}   # its name has a comma
          - name: PM-2
            location: {latitude: 11, longitude: 77}
            sensors: [{key: t, name: Temperature}]
devicesFrom:
  - csv: more.csv
    each: {country: INDIA, state: Tamil Nadu, name: "MTR-{{ id }}", location: {latitude: 1, longitude: 2}}
"""
Complete = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    Path("fleet.yaml").write_text(MANIFEST)
    Path("more.csv").write_text("id;note\n001;a\n002;b\n")
    return folder


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Complete:
    # Reading beside the shell is a process; what it does is tried by itself.
    monkeypatch.setattr(completion, "is_being_read", lambda paths, environment: True)

    def ask(*words: str) -> list[str]:
        monkeypatch.setenv("_PAPAYA_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", " ".join(("papaya", *words)))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        capsys.readouterr()
        assert main([]) == 0
        monkeypatch.delenv("_PAPAYA_COMPLETE")
        return [line.removeprefix("plain,") for line in capsys.readouterr().out.splitlines()]

    return ask


@pytest.mark.parametrize(
    "arguments",
    [
        ("PM-2",),
        ("fleet.yaml", "PM-2"),
        ("PM-2", "."),
        ("-f", "fleet.yaml", "PM-2"),
        ("--target", "PM-2", "fleet.yaml"),
        ("INDIA/Tamil Nadu/PM-2",),
        ("device/PM-2",),
        ("PM-*",),
    ],
)
def test_a_device_is_named_in_one_way_by_every_command(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (["locate"], ["tunnel", "ports"], ["render", "--json"]):
        if command[0] == "tunnel":
            assert main([*command, *(one for one in arguments if "fleet" in one or one == "-f")]) == 0
            continue
        if "PM-*" in arguments:
            Path("fleet.yaml").write_text(MANIFEST.replace("PM, one", "other"))
        assert main([*command, *arguments]) == 0, capsys.readouterr().err
        assert "11" in capsys.readouterr().out


def test_a_manifest_is_named_by_its_path_or_with_f(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(manifest.parent)
    for words in (["here"], ["-f", "here"], ["here/fleet.yaml"], ["-f", str(manifest / "fleet.yaml")]):
        assert main(["validate", *words]) == 0
        assert main(["tunnel", "ports", *words]) == 0
    assert main(["validate"]) == 1


def test_a_mistyped_manifest_is_named_where_there_is_none(
    manifest: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(manifest.parent)
    assert main(["plan", "heer"]) == 1
    assert "heer: error: there is no such file or folder" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["locate", "PM-2", "MTR-001"], "about one device"),
        (["locate", "PM-2", "--target", "MTR-001"], "about one device"),
        (["credentials", "show"], "Missing argument 'DEVICE'"),
        (["forget"], "Missing argument"),
        (["connect"], "Missing argument 'DEVICE'"),
    ],
)
def test_a_wrong_number_of_devices_is_a_usage_error(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 64
    assert told in capsys.readouterr().err


def test_an_argument_wins_over_the_variable_of_target(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAPAYA_TARGET", "MTR-001")
    assert main(["locate", "PM-2"]) == 0
    assert "11" in capsys.readouterr().out
    assert main(["locate"]) == 0
    assert "11" not in capsys.readouterr().out


def test_a_pattern_of_several_devices_is_no_device(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["locate", "MTR-*"]) == 1
    told = capsys.readouterr().err
    assert "MTR-* matches 2 devices" in told and "MTR-001" in told


def test_a_shell_is_offered_what_the_manifest_has(complete: Complete) -> None:
    assert complete("connect", "PM") == [r"PM,\ one", "PM-2"]
    assert complete("plan", "INDIA/") == [r"INDIA/Tamil\ Nadu"]
    assert complete("plan", "-f", "fleet.yaml", "MTR") == ["MTR-001", "MTR-002"]
    assert complete("apply", "--target", "MTR-002") == ["MTR-002"]
    assert "completion" in complete("comp")


def test_what_is_kept_counts_until_a_file_changes(complete: Complete) -> None:
    paths = (Path(),)
    remember.main(["", "."])
    names, is_fresh = kept_names(paths)
    assert is_fresh and names is not None
    assert sorted(names.devices) == ["MTR-001", "MTR-002", "PM, one", "PM-2"]
    assert names.places == ("INDIA", "INDIA/Tamil Nadu")
    cache = next((Path(os.environ["XDG_CACHE_HOME"]) / "papaya" / "names").glob("*.json"))
    assert cache.stat().st_mode & 0o777 == 0o600
    Path("more.csv").write_text("id;note\n009;a\n")
    assert not kept_names(paths)[1]
    # What is out of date counts until it is read again.
    assert complete("connect", "MTR-") == ["MTR-001", "MTR-002"]
    cache.write_text("damaged")
    assert complete("connect", "MTR-") == ["MTR-009"]


def test_a_scan_finds_what_reading_finds() -> None:
    found = scanned_names([Path("fleet.yaml")])
    assert set(found.devices) == set(read_names((Path(),))[0].devices)


def test_environments_are_offered(complete: Complete) -> None:
    text = (
        "environments:\n  staging: {profiles: {create: true}}\n  production:\n    profiles: {create: true}\n"
    )
    Path("fleet.yaml").write_text(MANIFEST + text)
    assert complete("plan", "-e", "") == ["staging", "production"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert f"_PAPAYA_COMPLETE={shell}_complete" in capsys.readouterr().out


def test_bash_inserts_a_name_with_blanks_and_commas_as_one_word(manifest: Path) -> None:
    """In a shell of its own; `papaya` is what runs this test."""
    programs = manifest.parent / "programs"
    programs.mkdir()
    (programs / "papaya").write_text(f'#!/bin/sh\nexec {sys.executable} -m papaya "$@"\n')
    (programs / "papaya").chmod(0o755)
    script = """
        eval "$(papaya completion bash)"
        for word in INDIA/ PM,; do
            COMP_WORDS=(papaya plan "$word") COMP_CWORD=2
            _papaya_completion papaya
            printf '<%s>' "${COMPREPLY[@]}"
        done
    """
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "--norc", "-c", script], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.stdout == r"<INDIA/Tamil\ Nadu><PM,\ one>", done.stderr
