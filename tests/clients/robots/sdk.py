"""Runs ThingsBoard's MQTT client for Python by command: JSON lines in for calls, JSON lines out for events.

In a command `{"call": NAME, "with": [...]}` the argument `{"report": EVENT}` is a callback, whose calls are
printed as `[EVENT, [...]]`. What the call returned follows as `["returned", VALUE]`; by then a message is
acknowledged.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import loopback

loopback.stay()

from tb_device_mqtt import TBDeviceMqttClient, TBPublishInfo  # noqa: E402
from tb_gateway_mqtt import TBGatewayMqttClient  # noqa: E402

_WRITING = threading.Lock()


def say(event: str, value: Any) -> None:
    """Print an event."""
    with _WRITING:
        print(json.dumps([event, value], default=lambda odd: type(odd).__name__), flush=True)


def reporter(event: str) -> Callable[..., None]:
    """Return a callback that prints what it is called with."""
    return lambda *given, **named: say(event, [one for one in given if not hasattr(one, "connect")])


def value_of(given: Any) -> Any:
    """Return an argument of a command."""
    return reporter(given["report"]) if isinstance(given, dict) and set(given) == {"report"} else given


def outcome(returned: Any) -> Any:
    """Return what a call came to; a message is waited for."""
    return returned.get() if isinstance(returned, TBPublishInfo) else returned


def run(kind: str, port: int, token: str) -> None:
    """Connect, and carry out commands until there are no more."""
    if kind == "provision":
        key, secret, name = token.split(",")
        credentials = TBDeviceMqttClient.provision("127.0.0.1", key, secret, device_name=name, port=port)
        say("returned", credentials)
        return
    client = {"device": TBDeviceMqttClient, "gateway": TBGatewayMqttClient}[kind]("127.0.0.1", port, token)
    client.connect()
    # Its own callback is set after the connection is begun, and may come too late for it.
    while not client.is_connected():
        time.sleep(0.01)
    say("connected", None)
    for line in sys.stdin:
        command = json.loads(line)
        given = [value_of(one) for one in command["with"]]
        say("returned", outcome(getattr(client, command["call"])(*given)))
    client.disconnect()
    client.stop()


run(sys.argv[1], int(sys.argv[2]), sys.argv[3])
