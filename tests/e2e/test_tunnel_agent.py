"""The agent tells the server how the device's tunnel is doing."""

from __future__ import annotations

from pathlib import Path

from papaya.sandbox import Sandbox
from tests.e2e.meter import PATIENCE, Meter, Tenant, wait_for, witnesses
from tests.tunnel.bastion import Sshd
from tests.tunnel.rig import Rig


def test_the_server_learns_that_the_tunnel_is_up_and_then_that_it_is_not(tmp_path: Path) -> None:
    with (
        Sshd(tmp_path / "bastion") as bastion,
        Sshd(tmp_path / "device") as device,
        Sandbox() as sandbox,
    ):
        rig = Rig(tmp_path, bastion=bastion, device=device)
        (tmp_path / "meter").mkdir()
        meter = Meter(tmp_path / "meter", sandbox.mqtt_url or "")
        meter.write(witnesses(1), tunnel=rig.device_tunnel)
        tenant = Tenant(sandbox.url)
        id_ = tenant.create()

        def told() -> object:
            return tenant.attributes(id_, "CLIENT_SCOPE").get("papaya.tunnel", {})

        def until(condition: str) -> dict[str, object]:
            seen: list[dict[str, object]] = []

            def is_told() -> bool:
                found = told()
                assert isinstance(found, dict)
                seen.append(found)
                return found.get("condition") == condition

            wait_for(is_told, PATIENCE, lambda: f"{seen[-1]}\n{meter.text[-2000:]}")
            return seen[-1]

        environment = {"RUNTIME_DIRECTORY": str(tmp_path)}
        try:
            with rig.run() as run:
                run.told("up")
                meter.start(environment=environment)
                up = until("up")
                assert up["unit"] == "papaya-ssh.service"
                assert (up["condition"], up["remotePort"]) == ("up", rig.remote_port)
                assert str(up["since"]).endswith("Z")
                assert meter.stop() == 0
                bastion.kill()
                run.told("failed")
                # Each connection to the server tells it anew.
                meter.start(environment=environment)
                assert until("waiting")["error"] in {"lost", "refused"}
        finally:
            meter.kill()
            tenant.close()
