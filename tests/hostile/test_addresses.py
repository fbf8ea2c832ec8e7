"""Addresses with a secret in them, or that are none, wherever one enters: refused, and not repeated."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import pytest

from papaya.cli import main
from tests.hostile.test_files import SECRET

ADDRESSES = (
    f"https://admin:{SECRET}@h.example/x", f"http://127.0.0.1:1/?token={SECRET}", f"http://127.0.0.1:1/#{SECRET}",
    f"https://{SECRET}@127.0.0.1:1", f"admin:{SECRET}@127.0.0.1", f"http://a:{SECRET}@[::1", "http://[::1",
    f"ftp://a:{SECRET}@h/", f"http://a:{SECRET}#x@127.0.0.1:1",
    f"mqtt://a:{SECRET}@[::1", f"mqtts://a:{SECRET}@h:99999", f"mqtt://127.0.0.1:1/?password={SECRET}",
)  # fmt: skip
FLEET = """apiVersion: papaya/v1
kind: Fleet
metadata: {name: f}
%s
countries: [{name: I, states: [{name: S, devices: [{name: D}]}]}]
"""
QUICK = ("--timeout", "1s", "--retry-for", "0s")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder of its own, with a manifest and a token."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAPAYA_USERNAME", "operator@example.com")
    monkeypatch.setenv("PAPAYA_PASSWORD", "another")
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    (tmp_path / "fleet.yaml").write_text(FLEET % "", encoding="utf-8")
    token = tmp_path / "token"
    token.write_text("abcdefgh", encoding="utf-8")
    token.chmod(0o600)
    return tmp_path


def expect_refused(*arguments: str) -> None:
    """Run a command that refuses, and repeats no secret."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = main(list(arguments))
    assert code != 0, said.getvalue()
    assert SECRET not in said.getvalue()
    assert "Traceback" not in said.getvalue()


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_on_the_command_line_is_not_repeated(address: str) -> None:
    for command in (("whoami",), ("plan", "fleet.yaml"), ("login", "--username", "x"), ("export",)):
        expect_refused(*command, "--url", address, *QUICK)
    expect_refused("init", "new.yaml", "--url", address)
    if not address.startswith("mqtt://127.0.0.1"):
        expect_refused("gui", "fleet.yaml", "--source", address)
        expect_refused(
            "agent", "run", "D", "-f", "fleet.yaml", "--token-file", "token", "--mqtt-url", address
        )


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_in_the_environment_or_a_file_is_not_repeated(
    folder: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    for part in (f"server: {{url: {json.dumps(address)}}}", f"tunnel: {{host: {json.dumps(address)}}}"):
        (folder / "fleet.yaml").write_text(FLEET % part, encoding="utf-8")
        # What is no URL at all is found when it is used.
        expect_refused("plan", "fleet.yaml", *QUICK)
    (folder / "fleet.yaml").write_text(FLEET % "", encoding="utf-8")
    settings = folder / "config.properties"
    settings.write_text(f"[thingsboard]\nurl = {address}\n", encoding="utf-8")
    settings.chmod(0o600)
    expect_refused("whoami", "--config", "config.properties")
    monkeypatch.setenv("PAPAYA_URL", address)
    expect_refused("whoami")
    monkeypatch.delenv("PAPAYA_URL")
    for variable in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(variable, address)
    for scheme in ("http", "https"):
        expect_refused("whoami", "--url", f"{scheme}://h.example", *QUICK)
