"""Of very many devices or alarms the first are printed, and how many are not."""

from __future__ import annotations

from papaya.render.devices import devices_text
from papaya.render.outcomes import AlarmRow, alarms_text
from papaya.render.tree import Shown

DEVICES = [Shown(("INDIA", "Goa", f"PM-{number}"), "device", f"PM-{number}") for number in range(1_200)]


def listed(devices: list[Shown], *, full: bool = False) -> str:
    """Return the table of devices."""
    return devices_text(
        devices, of=1_200, heading="meters", alarms={}, now=0.0, width=80, color=False, full=full
    )


def test_a_thousand_devices_are_listed_and_the_others_counted() -> None:
    text = listed(DEVICES)
    assert "PM-999 " in text and "PM-1000" not in text
    assert text.endswith("\n1,200 of 1,200 devices. 200 not listed: --full\n")


def test_every_device_is_listed_where_somebody_asks_for_it() -> None:
    text = listed(DEVICES, full=True)
    assert "PM-1199" in text and text.endswith("\n1,200 of 1,200 devices.\n")
    assert listed(DEVICES[:1_000]).endswith("\n1,000 of 1,200 devices.\n")


def test_a_thousand_alarms_are_listed_and_the_others_counted() -> None:
    alarms = [
        AlarmRow(str(number), f"PM-{number}", "Hot", "MAJOR", 0, is_cleared=False, is_acknowledged=False)
        for number in range(1_200)
    ]
    text = alarms_text(alarms, now=0.0, heading="meters", width=80, color=False)
    assert "PM-999 " in text and "PM-1000" not in text
    assert text.endswith("1,200 alarms, 1,200 active. 200 not listed: --json, or name devices.\n")
