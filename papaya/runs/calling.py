"""A command for many devices at once: sent to so many at a time, with what became of each."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import cast

from papaya.api.calls import CallRefused, CallTimedOut, DeviceOffline, call_device
from papaya.api.session import Session
from papaya.errors import Interrupted, PapayaError
from papaya.foreign import ForeignValue, json_in
from papaya.manifest.model import Json
from papaya.observer import SILENT, Observer
from papaya.render.outcomes import Outcome, Status
from papaya.runs.meant import Meant

STEP = "calling"
NOT_ON_SERVER = "the server has no such device; papaya plan says what is missing"


def parameters_of(words: Sequence[str]) -> Json:
    """Return the parameters that words say: one JSON value, or NAME=VALUE pairs; None without words.

    A VALUE is JSON where it can be read as such, else text. Raises `ValueError` for other words.
    """
    if not words:
        return None
    if len(words) == 1 and "=" not in words[0].partition('"')[0].partition("{")[0]:
        try:
            value = cast("Json", json_in(words[0]))
        except ForeignValue as error:
            raise ValueError(f"{words[0]!r} is neither JSON nor NAME=VALUE: {error.message}") from error
        return value
    pairs: dict[str, Json] = {}
    for word in words:
        name, is_pair, text = word.partition("=")
        if not is_pair or not name:
            raise ValueError(f"{word!r} is not NAME=VALUE")
        pairs[name] = _value(text)
    return pairs


def _value(text: str) -> Json:
    try:
        return cast("Json", json_in(text))
    except ForeignValue:
        return text


def call_many(
    session: Session,
    devices: Sequence[Meant],
    method: str,
    parameters: Json = None,
    *,
    seconds: float = 10.0,
    observer: Observer = SILENT,
    clock: Callable[[], float] = time.monotonic,
    stop: threading.Event | None = None,
) -> list[Outcome]:
    """Send a command to devices, to as many at once as the session allows, and return every outcome in order.

    After `stop` is set nothing more is sent, and what was not is `not sent`. Raises nothing for a device.
    """
    stopped = stop or threading.Event()
    outcomes: dict[int, Outcome] = {}

    waiting = deque(enumerate(devices))

    def send() -> None:
        while waiting:
            try:
                number, device = waiting.popleft()
            except IndexError:
                return
            if stopped.is_set():
                outcomes[number] = Outcome(device.name, "not sent", reason="interrupted")
            elif device.id is None:
                outcomes[number] = Outcome(device.name, "failed", reason=NOT_ON_SERVER)
            else:
                outcomes[number] = _called(session, device, method, parameters, seconds, clock)

    observer.began(STEP, len(devices))
    at_once = max(1, min(session.concurrency, len(devices)))
    pool = ThreadPoolExecutor(at_once)
    try:
        # As many as threads, not as devices: `wait` looks at each of them each time.
        pending = {pool.submit(send) for _ in range(at_once)}
        while pending:
            try:
                # Not for ever: Ctrl-C is heard between two waits.
                done, pending = wait(pending, timeout=0.2)
            except KeyboardInterrupt:
                if stopped.is_set():
                    raise
                stopped.set()
                observer.finishing()
                continue
            for future in done:
                future.result()
            observer.progressed(STEP, len(outcomes), len(devices))
    finally:
        stopped.set()
        pool.shutdown(wait=not pending, cancel_futures=True)
        observer.ended(STEP)
    return [outcomes[number] for number in range(len(devices))]


def _called(
    session: Session,
    device: Meant,
    method: str,
    parameters: Json,
    seconds: float,
    clock: Callable[[], float],
) -> Outcome:
    began = clock()
    status: Status
    try:
        answer = call_device(session, device.id or "", method, parameters, seconds)
    except DeviceOffline:
        status, reason = "offline", "no connection to the server"
    except CallTimedOut:
        status, reason = "slow", "it has the command, and no answer came in time"
    except CallRefused as error:
        status, reason = "refused", error.message
    except Interrupted:
        status, reason = "not sent", "interrupted"
    except PapayaError as error:
        status, reason = "failed", error.message
    else:
        if isinstance(answer, dict) and isinstance(answer.get("error"), str):
            return Outcome(
                device.name,
                "refused",
                clock() - began,
                answer,
                json.dumps(answer["error"], ensure_ascii=False),
            )
        return Outcome(device.name, "answered", clock() - began, answer)
    return Outcome(device.name, status, clock() - began, reason=reason)
