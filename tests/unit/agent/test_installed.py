"""What the agent reports of the packages that are installed."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from papaya.agent.agent import Agent
from papaya.agent.installed import installed
from papaya.agent.link import Address
from papaya.agent.settings import AgentSettings
from papaya.errors import SettingsError
from papaya.sandbox import Sandbox
from tests.e2e.meter import PATIENCE, wait_for
from tests.unit.sandbox.client import Client


def test_title_and_version_are_told_apart_at_the_last_blank() -> None:
    assert installed("meter app 1.4.2", None) == {
        "current_fw_title": "meter app",
        "current_fw_version": "1.4.2",
    }
    assert installed(None, "maps 7") == {"current_sw_title": "maps", "current_sw_version": "7"}
    assert installed(None, None) == {}


@pytest.mark.parametrize("text", ["1.4.2", "", " "])
def test_a_version_without_a_title_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="title and version"):
        installed(text, None)


def test_the_server_has_what_is_installed_after_the_agent_has_connected(tmp_path: Path) -> None:
    with Sandbox() as sandbox, Client(sandbox) as client:
        device = client.post("/api/device?accessToken=TOKEN", {"name": "PM-1", "type": "default"})
        settings = AgentSettings(
            "PM-1",
            Address("127.0.0.1", sandbox.mqtt_port),
            lambda: "TOKEN",
            tmp_path / "a.spool",
            installed=installed("meter-app 1.4.2", None),
        )
        agents: list[Agent] = []

        def work() -> None:
            # The spool belongs to one thread.
            agents.append(Agent(settings))
            agents[0].run()

        thread = threading.Thread(target=work)
        thread.start()
        path = f"/api/plugins/telemetry/DEVICE/{device['id']['id']}/values/timeseries"

        def reported() -> Any:
            rows = client.get(path, keys="current_fw_title,current_fw_version")
            return {key: values[0]["value"] for key, values in rows.items()}

        wanted = {"current_fw_title": "meter-app", "current_fw_version": "1.4.2"}
        try:
            wait_for(lambda: reported() == wanted, PATIENCE, lambda: str(reported()))
        finally:
            agents[0].stop()
            thread.join(PATIENCE)
