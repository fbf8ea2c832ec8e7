"""The first telemetry of a device, and the proof that it has arrived."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from papaya.api.protocols import Readable
from papaya.errors import PapayaError, ServerError
from papaya.manifest.model import Json, Location
from papaya.provision.device_line import DeviceLine

WAIT = 15.0
NONCE_KEY = "papaya.nonce"
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Arrived:
    """What was sent and which way, when, how its arrival was proven and how long that took."""

    values: Mapping[str, Json]
    ts: int
    proof: str
    seconds: float
    over: str = "HTTP"


class NotArrived(PapayaError):
    """Telemetry was taken and cannot be read back."""


def first_values(
    information: Mapping[str, Json], serial: str | None, location: Location | None
) -> dict[str, Json]:
    """Return what the first telemetry says."""
    values: dict[str, Json] = {}
    if serial is not None:
        values["serial"] = serial
    if location is not None:
        values.update(latitude=location.latitude, longitude=location.longitude)
    return {**values, **information}


def handshake_over_rest(
    line: DeviceLine,
    session: Readable,
    device_id: str,
    values: Mapping[str, Json],
    *,
    wait: float = WAIT,
    now: Callable[[], float] = time.time,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Arrived:
    """Send telemetry with the device's own token and read it back as the tenant's administrator."""
    ts, key = int(now() * 1000), next(iter(values))
    path = f"/api/plugins/telemetry/DEVICE/{device_id}/values/timeseries"

    def has_arrived() -> bool:
        answer = session.get(path, params={"keys": key, "startTs": ts, "endTs": ts + 1, "limit": 1})
        points = answer.get(key) if isinstance(answer, dict) else None
        found = points if isinstance(points, list) else []
        return any(isinstance(point, dict) and point.get("ts") == ts for point in found)

    line.send_telemetry(ts, values)
    seconds = _until(has_arrived, "read back over REST", wait, clock, sleep)
    return Arrived(values, ts, "read back over REST", seconds, line.over)


def handshake_as_device(
    line: DeviceLine,
    values: Mapping[str, Json],
    *,
    wait: float = WAIT,
    now: Callable[[], float] = time.time,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Arrived:
    """Send telemetry, and a nonce as a client attribute: the only thing that a device can read back."""
    ts, nonce = int(now() * 1000), f"n-{secrets.token_hex(8)}"
    line.send_telemetry(ts, values)
    line.send_attributes({NONCE_KEY: nonce})
    proof = f"a nonce read back over {line.over}"
    seconds = _until(
        lambda: line.client_attributes(NONCE_KEY).get(NONCE_KEY) == nonce, proof, wait, clock, sleep
    )
    return Arrived(values, ts, proof, seconds, line.over)


def _until(
    has_arrived: Callable[[], bool],
    proof: str,
    wait: float,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> float:
    """Return after how many seconds it has arrived; the server answers before data can be read."""
    began, pause = clock(), _FIRST_PAUSE
    failure: ServerError | None = None
    while True:
        try:
            if has_arrived():
                return clock() - began
        except ServerError as error:
            failure = error
        if clock() - began + pause > wait:
            break
        sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)
    reason = f" ({failure.message})" if failure is not None else ""
    raise NotArrived(
        f"the server took the telemetry, and it could not be {proof} within {wait:g} s{reason}",
        remedy="Run papaya handshake again; look at the rule chain of the device's profile and at the "
        "server's clock and load.",
    )
