"""What the live feed and a server say to each other: a relay that notes it, a server that repeats it."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import requests
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.client import connect
from websockets.sync.server import ServerConnection, serve

from papaya.api.credentials import Credentials
from papaya.api.feed import ServerFeed
from papaya.api.session import Session
from papaya.sensors.condition import Condition, Health

START = 1763900000000
NOBODY = "00000000-0000-4000-8000-000000000001"
_SECONDS = 60.0
Heard = tuple[str, str, int, Any]
# Stores telemetry of a device, by its id; where a recording is repeated that has been done.
Store = Callable[[str, int, dict[str, Any]], object]
Event = dict[str, Any]


def converse(
    url: str,
    token: str,
    devices: tuple[str, str],
    store: Store,
    on_listening: Callable[[], None] = lambda: None,
) -> None:
    """Listen to two devices and to one that does not exist, with what comes, and with what ends.

    `on_listening` is called when all three are listened to.
    """
    first, second = devices
    heard: queue.Queue[Heard] = queue.Queue()
    told: queue.Queue[Condition] = queue.Queue()

    def ear(device: str) -> Callable[[str, int, Any], None]:
        return lambda key, ts, value: heard.put((device, key, ts, value))

    def comes(*expected: Heard) -> None:
        assert {heard.get(timeout=_SECONDS) for _ in expected} == set(expected)

    store(first, START, {"t": 20.5, "door": True, "mode": 'say "hi"', "tree": {"a": [0, None]}})
    store(second, START, {"t": 7})
    with (
        Session(url, Credentials(token=token)) as session,
        ServerFeed(session, on_condition=told.put) as feed,
    ):
        stop = feed.device(first).listen(("door", "mode", "none", "t", "tree"), ear(first))
        feed.device(second).listen(("t",), ear(second))
        feed.device(NOBODY).listen(("t",), ear(NOBODY))
        on_listening()
        comes(
            (first, "t", START, 20.5),
            (first, "door", START, True),
            (first, "mode", START, 'say "hi"'),
            (first, "tree", START, '{"a":[0,null]}'),
            (second, "t", START, 7),
        )
        assert told.get(timeout=_SECONDS).health is Health.LIVE
        store(first, START + 1_000, {"t": 21.5, "door": False})
        comes((first, "t", START + 1_000, 21.5), (first, "door", START + 1_000, False))
        # What is older than the latest value is not told.
        store(first, START - 5_000, {"t": 1})
        store(first, START + 2_000, {"t": 22})
        comes((first, "t", START + 2_000, 22))
        silent = next(one for one in iter(lambda: told.get(timeout=_SECONDS), None) if one.device == NOBODY)
        assert (silent.health, "no such device" in silent.reason) == (Health.SILENT, True)
        stop()
        feed.device(second).listen(("n",), ear(second))
        store(second, START + 3_000, {"n": 3})
        comes((second, "n", START + 3_000, 3))
        assert heard.empty()


@contextmanager
def relay(url: str, events: list[Event]) -> Iterator[str]:
    """Stand between a feed and its server, and note what they say to each other."""
    noting = threading.Lock()

    def note(kind: str, text: str | bytes) -> None:
        message = json.loads(text)
        if "authCmd" in message:
            message["authCmd"]["token"] = "<jwt>"  # noqa: S105 - what stands for it
        with noting:
            events.append({"event": kind, "message": message})

    def answer(connection: ServerConnection, request: Request) -> Response | None:
        if request.path == "/api/ws":
            return None
        headers = {"X-Authorization": request.headers["X-Authorization"]}
        return _json(requests.get(url + request.path, headers=headers, timeout=_SECONDS).content)

    def bring(client: ServerConnection) -> None:
        with connect(f"ws{url.removeprefix('http')}/api/ws") as server:

            def back() -> None:
                for text in _messages(server):
                    note("ws <", text)
                    client.send(text)

            threading.Thread(target=back, daemon=True).start()
            for text in _messages(client):
                note("ws >", text)
                server.send(text)

    with _serving(bring, answer) as own:
        yield own


@contextmanager
def repeater(
    events: list[Event], user: Event, faults: list[str], listening: threading.Event
) -> Iterator[str]:
    """Be the server of a recording: say what it said, when what it heard then is heard again.

    Nobody is let in before `listening` is set: who comes later shares no subscription with who came before.
    """

    def answer(connection: ServerConnection, request: Request) -> Response | None:
        if request.path != "/api/ws":
            return _json(json.dumps(user).encode())
        listening.wait(_SECONDS)
        return None

    def play(client: ServerConnection) -> None:
        for event in events:
            if event["event"] == "ws <":
                client.send(json.dumps(event["message"]))
                continue
            said = json.loads(client.recv(timeout=_SECONDS))
            if said != event["message"]:
                faults.append(f"{said} instead of {event['message']}")
        for text in _messages(client):
            faults.append(f"{text!r} was not recorded")

    with _serving(play, answer) as own:
        yield own


def read_feed(path: Path) -> tuple[tuple[str, str], list[Event]]:
    """Return the devices of a recording, and its events."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    first, second = lines[0]["devices"]
    return (first, second), lines[1:]


def write_feed(path: Path, devices: tuple[str, str], events: list[Event]) -> None:
    """Write a recording."""
    lines = [{"event": "note", "devices": devices}, *events]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


@contextmanager
def _serving(
    handler: Callable[[ServerConnection], None],
    answer: Callable[[ServerConnection, Request], Response | None],
) -> Iterator[str]:
    with serve(handler, "127.0.0.1", 0, process_request=answer, compression=None) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()


def _messages(connection: Any) -> Iterator[str | bytes]:
    try:
        while True:
            yield connection.recv()
    except ConnectionClosed:
        return


def _json(body: bytes) -> Response:
    headers = Headers(
        {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"}
    )
    return Response(HTTPStatus.OK, "OK", headers, body)
