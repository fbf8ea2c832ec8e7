"""What the server can ask a device to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from papaya import __version__
from papaya.agent.configuration import Unacceptable, interval_from
from papaya.agent.parameters import blink_from, mapping
from papaya.agent.processes import Programs
from papaya.agent.rpc import Answer, BadCall, Method, error_of
from papaya.agent.settings import AgentSettings
from papaya.foreign import shown
from papaya.manifest.model import Json


class Device(Protocol):
    """What the methods need of the agent."""

    def readings(self) -> dict[str, Json]:
        """Return the latest reading of each sensor, by key."""

    def change_interval(self, key: str, every: float | None) -> float:
        """Read a sensor at another interval, or at its own again; return which one is in effect."""

    def condition(self) -> dict[str, Json]:
        """Return how the agent is doing."""


def methods_of(
    device: Device, settings: AgentSettings, programs: Programs, now: Callable[[], int]
) -> dict[str, Method]:
    """Return the methods by name."""

    def ping(params: Json, answer: Answer) -> None:
        answer({"pong": True, "time": now(), "version": __version__, **device.condition()})

    def get_readings(params: Json, answer: Answer) -> None:
        keys = mapping(params, "keys").get("keys")
        readings = device.readings()
        if keys is not None:
            if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
                raise BadCall("keys is a list of keys of sensors")
            unknown = [key for key in keys if key not in readings]
            if unknown:
                raise BadCall(f"there is no sensor {shown(str(unknown[0]), 80)}")
            readings = {key: readings[key] for key in keys if isinstance(key, str)}
        answer({"readings": readings})

    def set_interval(params: Json, answer: Answer) -> None:
        given = mapping(params, "key", "seconds")
        key = given.get("key")
        if not isinstance(key, str) or "seconds" not in given:
            raise BadCall("setInterval takes key, and seconds or null for the sensor's own interval")
        try:
            every = None if given["seconds"] is None else interval_from(given["seconds"])
        except Unacceptable as error:
            raise BadCall(error.message) from error
        answer({"key": key, "seconds": device.change_interval(key, every)})

    def identify(params: Json, answer: Answer) -> None:
        blink = blink_from(params)
        if not settings.identify:
            raise BadCall("this device has no beacon: papaya agent was started without --identify-command")
        _run(programs, "identify", blink.arguments(settings.identify), answer)

    def restart_tunnel(params: Json, answer: Answer) -> None:
        mapping(params)
        if not settings.restart_tunnel:
            raise BadCall("papaya agent was started without --restart-tunnel-command")
        _run(programs, "restartTunnel", list(settings.restart_tunnel), answer)

    return {
        "ping": ping,
        "getReadings": get_readings,
        "setInterval": set_interval,
        "identify": identify,
        "restartTunnel": restart_tunnel,
    }


def _run(programs: Programs, purpose: str, arguments: list[str], answer: Answer) -> None:
    def ended(fault: str | None) -> None:
        answer({"done": True} if fault is None else error_of(fault))

    if not programs.start(purpose, arguments, ended):
        raise BadCall(f"{purpose} is under way already")
