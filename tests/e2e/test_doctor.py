"""The doctor as a process: everything right, and several things wrong at once."""

from __future__ import annotations

from tests.cli.one_device import Bench
from tests.e2e.test_provision import bench, document, run

__all__ = ["bench"]


def test_everything_is_right_after_provisioning(bench: Bench) -> None:
    run(bench, "provision")
    out, err = run(bench, "doctor", "--json")
    found = document(out)
    assert err == ""
    assert found["notChecked"] == []
    assert {one["check"] for one in found["checks"] if one["status"] == "failed"} == set()
    token = bench.token_file.read_text().strip()
    assert token not in out
    assert "eyJ" not in out


def test_every_fault_is_told_at_once_with_its_remedy(bench: Bench) -> None:
    path = bench.write_properties()
    path.write_text(
        path.read_text().replace("device_profile_name = IoT-Gateway", "device_profile_name = IoT")
    )
    path.chmod(0o644)
    bench.token_file.write_text("another-token\n")
    bench.service.shape = "error-page"
    out, _ = run(bench, "doctor", "--json", code=1)
    checks = document(out)["checks"]
    failed = {one["check"] for one in checks if one["status"] == "failed"}
    # The token's file was written by a hand that did not care who may read it.
    assert failed == {"permissions", "profiles", "device-token"}
    assert all(one["remedy"] for one in checks if one["status"] != "ok")
    text, _ = run(bench, "doctor", code=1)
    assert "failed  profiles       device profile not found: IoT; the server has IoT-Gateway, default" in text
