"""`manifests/full` has an object of every kind, and runs as it stands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from papaya.cli import main
from papaya.kinds.registry import KINDS
from papaya.resources import copy_folder, locate
from papaya.sandbox import Sandbox


def test_the_full_manifest_has_every_kind_and_is_applied_and_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "full").mkdir()
    copy_folder(locate("manifests", "full"), tmp_path / "full")
    monkeypatch.chdir(tmp_path)
    with Sandbox() as sandbox:
        monkeypatch.setenv("PAPAYA_USERNAME", sandbox.username)
        monkeypatch.setenv("PAPAYA_PASSWORD", sandbox.password)
        server = ["--url", sandbox.url]
        assert main(["plan", "full", *server, "--json"]) == 0
        planned = json.loads(capsys.readouterr().out)["resources"]
        assert {one["kind"] for one in planned} == KINDS.keys(), "add the new kind to manifests/full"
        assert main(["apply", "full", *server, "--yes", "--adopt"]) == 0
        assert main(["plan", "full", *server, "--detailed-exitcode"]) == 0
        assert main(["export", *server, "--with", "all", "-o", "out"]) == 0
        assert main(["plan", "out", *server, "--detailed-exitcode"]) == 0
