"""Calls of a device's methods through its server, and how each of them ended."""

from __future__ import annotations

import time
from typing import Protocol

from papaya.errors import AnswerLost, PapayaError, Rejected, Unavailable, VersionConflict
from papaya.manifest.model import Json
from papaya.remedies import DEVICE_SILENT

# A session waits 30 s for an answer.
LONGEST = 25.0
_OFFLINE, _TIMEOUT, _NO_JSON = 409, 408, 406


class CallFailed(PapayaError):
    """A device did not do what it was called for."""


class DeviceOffline(CallFailed):
    """The device has no connection to the server."""


class CallTimedOut(CallFailed):
    """The device got the call and has not answered."""


class CallRefused(CallFailed):
    """The device answered that it will not, or cannot."""


class Poster(Protocol):
    """What a call needs of a session."""

    def post(self, path: str, body: Json) -> Json:
        """Return the answer to a POST."""


def call_device(
    server: Poster, device: str, method: str, parameters: Json = None, seconds: float = 10.0
) -> Json:
    """Call a method of the device with this id and return its answer.

    Waits 25 seconds at most; a server waits 5 at least, and says only after them that a device is offline.
    """
    began, patience = time.monotonic(), min(seconds, LONGEST)
    # The older of the server's two addresses: it alone tells a device that is offline from one that is slow.
    path = f"/api/plugins/rpc/twoway/{device}"
    body: Json = {"method": method, "params": parameters, "timeout": round(patience * 1000)}
    try:
        answer = server.post(path, body)
    except (Rejected, VersionConflict, Unavailable, AnswerLost) as failure:
        raise _explained(failure, method, time.monotonic() - began) from failure
    if isinstance(answer, dict) and answer.keys() == {"error"}:
        raise CallRefused(f"the device refuses {method}: {answer['error']}")
    return answer


def _explained(
    failure: Rejected | VersionConflict | Unavailable | AnswerLost, method: str, seconds: float
) -> PapayaError:
    if failure.status == _OFFLINE:
        return DeviceOffline(
            f"the device is offline: it did not take the command {method} within {seconds:.0f} s",
            remedy=DEVICE_SILENT,
        )
    if failure.status == _TIMEOUT:
        return CallTimedOut(
            f"the device received the command {method} and did not answer within {seconds:.0f} s",
            remedy="It may still carry it out. Look at its log before you send the command again.",
        )
    if failure.status == _NO_JSON:
        return CallFailed(f"the device answered {method} with something that is no JSON")
    return failure
