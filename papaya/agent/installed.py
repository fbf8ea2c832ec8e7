"""What runs on the device: telemetry by which ThingsBoard shows how far an update of packages is.

`current_fw_title` and `current_fw_version` for firmware, `current_sw_…` for software, as ThingsBoard's page
"OTA updates" and its own example clients have them.
"""

from __future__ import annotations

from papaya.errors import SettingsError
from papaya.manifest.model import Json


def installed(firmware: str | None, software: str | None) -> dict[str, Json]:
    """Return the telemetry that names what is installed; each is title and version, as a manifest has it."""
    told: dict[str, Json] = {}
    for prefix, option, value in (("fw", "--firmware", firmware), ("sw", "--software", software)):
        if value is None:
            continue
        title, _, version = value.strip().rpartition(" ")
        if not title.strip():
            raise SettingsError(
                f"{option} is {value!r}: title and version are missing",
                remedy=f'Write both, as the manifest does: {option} "meter-app 1.4.2".',
            )
        told |= {f"current_{prefix}_title": title.strip(), f"current_{prefix}_version": version}
    return told
