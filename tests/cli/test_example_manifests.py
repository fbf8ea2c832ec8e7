"""The example fleets are valid, and a server that has what they need is what they say after one apply."""

from __future__ import annotations

from pathlib import Path

import pytest

from papaya.cli import main
from papaya.resources import copy_folder, locate
from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client

EXAMPLES = {
    "city": ([], "IoT-Gateway"),
    "national": ([], "Meter-MK2"),
    "environments-staging": (["-e", "staging"], "Meter-Next"),
    "environments-production": (["-e", "production"], "Meter"),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_is_valid_planned_applied_and_in_sync(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options, profile = EXAMPLES[name]
    (tmp_path / "fleet").mkdir()
    copy_folder(locate("manifests", name.partition("-")[0]), tmp_path / "fleet")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PM_0001_TOKEN", "token-of-the-first-meter")
    monkeypatch.setenv("MK2_PROVISION_SECRET", "secret-of-mk2")
    with Sandbox() as sandbox, Client(sandbox) as client:
        monkeypatch.setenv("PAPAYA_USERNAME", sandbox.username)
        monkeypatch.setenv("PAPAYA_PASSWORD", sandbox.password)
        _without_tenants(tmp_path / "fleet" / "fleet.yaml", sandbox)
        if name == "environments-production":
            # Production creates no profiles.
            data = {"configuration": {"type": "DEFAULT"}, "transportConfiguration": {"type": "DEFAULT"}}
            client.post(
                "/api/deviceProfile",
                {"name": profile, "type": "DEFAULT", "transportType": "DEFAULT", "profileData": data},
            )
        there = ["fleet", *options]
        assert main(["validate", *there]) == 0
        assert main(["plan", *there, "--url", sandbox.url]) == 0
        agreed = ["--yes", "--adopt"]
        assert main(["apply", *there, "--url", sandbox.url, *agreed]) == 0
        assert main(["plan", *there, "--url", sandbox.url, "--detailed-exitcode"]) == 0
        titles = [one["title"] for one in client.get("/api/tenant/dashboards", pageSize=9, page=0)["data"]]
        assert len(titles) == 1
        rules = client.get("/api/alarm/rules", pageSize=100, page=0)["data"]
        rows = client.get("/api/deviceProfiles", pageSize=100, page=0)["data"]
        (own,) = [row for row in rows if row["name"] == profile]
        named = {one["name"] for one in rules if one["entityName"] == profile}
        named |= {one["alarmType"] for one in own["profileData"]["alarms"] or ()}
        assert "Temperature" in named


def _without_tenants(path: Path, sandbox: Sandbox) -> None:
    """Name the sandbox's own tenant, and no key: the example's are those of its servers."""
    text = path.read_text(encoding="utf-8")
    for tenant in ("6f1c0e10-c7d1-11f0-9d1a-35b0a4a7d001", "a23b9d60-c7d1-11f0-8c55-0f8f4c1be002"):
        text = text.replace(f"tenant: {tenant}", f"tenant: {sandbox.tenant_id}")
    for variable in ("STAGING", "PRODUCTION"):
        text = text.replace(f", apiKey: {{env: TB_KEY_{variable}}}", "")
    path.write_text(text, encoding="utf-8")
