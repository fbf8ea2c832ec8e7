"""Which keys devices have sent telemetry of, for many devices in few requests."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from papaya.api.fetch import KEYS_AT_ONCE, chunks
from papaya.api.latest import Portion, query_of, updates_in
from papaya.api.protocols import Server
from papaya.api.query import FIND, KEYS_TOGETHER, keys_of_devices


def keys_beside(server: Server, known: Mapping[str, Collection[str]]) -> dict[str, set[str]]:
    """Return the keys of devices that are not `known` of them, by their ids; those without any are left out.

    A hundred devices take one request if none of them can have an unknown key. Otherwise every sixteen keys
    that some of them lack take another one.
    """
    found: dict[str, set[str]] = {}
    for devices in chunks(sorted(known), KEYS_TOGETHER):
        together = keys_of_devices(server, devices, "timeseries")
        lacking = {device: together.difference(known[device]) for device in devices}
        asked = tuple(device for device, keys in lacking.items() if keys)
        for keys in chunks(sorted(set().union(*lacking.values())), KEYS_AT_ONCE):
            answer = server.post(FIND, query_of(Portion(asked, tuple(keys))), repeatable=True)
            for update in updates_in(answer.get("data") if isinstance(answer, dict) else None):
                if update.key in lacking.get(update.device, ()):
                    found.setdefault(update.device, set()).add(update.key)
    return found
