"""What went wrong with a connection for MQTT, in the words that every command uses."""

from __future__ import annotations

from papaya.agent.link import Address, Ending
from papaya.remedies import (
    DEVICE_MQTT,
    Fault,
    MqttOptions,
    mqtt_busy,
    mqtt_closed,
    mqtt_garbled,
    mqtt_no_tls,
    mqtt_unacknowledged,
    mqtt_unreachable,
    mqtt_untrusted,
)


def fault_of(
    address: Address, ending: Ending, *, was_up: bool = False, options: MqttOptions = DEVICE_MQTT
) -> Fault:
    """Return the fault for the end of a connection; `was_up` is whether the device had been accepted."""
    where = str(address)
    if ending.kind == "untrusted":
        return mqtt_untrusted(where, ending.reason, ending.code)
    if ending.kind == "no-tls":
        return mqtt_no_tls(where, ending.reason, options)
    if ending.kind == "garbled":
        return mqtt_garbled(where, ending.reason, options)
    if ending.kind == "refused":
        return mqtt_busy(where, ending.reason)
    if was_up:
        return mqtt_unacknowledged(where, ending.reason)
    if ending.kind == "closed":
        return mqtt_closed(where, options)
    return mqtt_unreachable(where, ending.reason, options)
