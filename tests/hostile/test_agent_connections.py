"""Connections to what does not keep to MQTT: they end with a reason, and so does their thread."""

from __future__ import annotations

import gc
import queue
import random
import resource
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from papaya.agent.link import Address, Ending, Link
from papaya.mqtt_client import MOST_BYTES
from tests.e2e.meter import PATIENCE, wait_for
from tests.hostile.raw_broker import ACCEPTED, GRANTED, RawBroker, Script, length, publish


class Ears:
    """What a link has told."""

    def __init__(self) -> None:
        self.endings: queue.SimpleQueue[Ending] = queue.SimpleQueue()
        self.messages: list[tuple[str, bytes, bool]] = []
        self.has_connected = threading.Event()

    def connected(self, link: Link) -> None:
        self.has_connected.set()

    def refused(self, link: Link, reason: str, *, unauthorized: bool) -> None:
        pass

    def acknowledged(self, link: Link, number: int) -> None:
        pass

    def received(self, link: Link, topic: str, payload: bytes, *, retained: bool) -> None:
        self.messages.append((topic, payload, retained))

    def ended(self, link: Link, ending: Ending) -> None:
        self.endings.put(ending)


def told(script: Script, *, hangs_up: bool = True) -> tuple[Ending, Ears]:
    """Return how a connection to a broker with this script ends, at the latest when it is closed."""
    ears = Ears()
    with RawBroker(script, hangs_up=hangs_up) as broker:
        link = Link(Address("127.0.0.1", broker.port), "token", "papaya-test", ears)
        link.start()
        try:
            ending = ears.endings.get(timeout=PATIENCE)
        finally:
            link.close()
    return ending, ears


def gives(*pieces: bytes) -> Script:
    """Return a script of these pieces."""
    return lambda: iter(pieces)


@given(st.lists(st.binary(max_size=40), max_size=4), st.booleans(), st.integers(0, 2**32))
@settings(max_examples=60)
def test_garbage_ends_a_connection_and_never_its_thread(pieces: list[bytes], greets: bool, seed: int) -> None:
    chance = random.Random(seed)
    noise = chance.randbytes(chance.choice([0, 10, 300]))
    ending, _ = told(gives(ACCEPTED if greets else b"", *pieces, noise))
    assert ending.reason
    assert len(ending.reason) < 300
    assert "\n" not in ending.reason


@pytest.mark.parametrize(
    "packet",
    [
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"\x20\x02\x00\x7f",
        b"\x20\x00",
        b"\xff\xff\xff\xff\xff",
        ACCEPTED + b"\x30\x01\x00",
        ACCEPTED + b"\x30\x05\xff\xff\x00\x00\x00",
        ACCEPTED + b"\x90\x00",
        ACCEPTED + b"\x90\x01\x00",
        ACCEPTED + b"\x36\x07\x00\x01a\x00\x01{}",
        ACCEPTED + b"\x40\x00",
        ACCEPTED + b"\xe0\x00",
    ],
)
def test_what_is_no_mqtt_is_told_and_ends(packet: bytes) -> None:
    ending, _ = told(gives(packet))
    assert ending.kind in ("closed", "garbled", "refused", "unreachable")


def test_a_message_larger_than_any_of_thingsboard_is_not_even_received() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def script() -> Iterator[bytes]:
        yield ACCEPTED + b"\x30" + length(268_435_455) + b"\x00\x01a"
        for _ in range(400):
            yield b"x" * 1_048_576

    ending, ears = told(script, hangs_up=False)
    assert ending.kind == "garbled"
    assert "268,435" in ending.reason
    assert ears.messages == []
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_a_message_of_the_size_that_thingsboard_sends_is_received() -> None:
    ears = Ears()
    payload = b"x" * 65_000
    with RawBroker(gives(ACCEPTED + GRANTED + publish(b"a/b", payload, qos=1, retain=True))) as broker:
        link = Link(Address("127.0.0.1", broker.port), "token", "papaya-test", ears)
        link.start()
        wait_for(lambda: bool(ears.messages), PATIENCE, lambda: "no message")
        link.close()
    assert ears.messages == [("a/b", payload, True)]
    assert len(payload) < MOST_BYTES


def test_messages_that_are_never_released_end_the_connection() -> None:
    flood = [publish(b"a", b"x" * 9, qos=2, number=number) for number in range(1, 300)]
    ending, ears = told(gives(ACCEPTED, *flood), hangs_up=False)
    assert ending.kind == "garbled"
    assert "QoS 2" in ending.reason
    assert ears.messages == []


@pytest.mark.parametrize("topic", [b"\xff\xfe", b"a\x00b", b"", b"\xed\xa0\x80"])
def test_a_topic_that_is_no_text_costs_its_message(topic: bytes) -> None:
    ears = Ears()
    script = gives(ACCEPTED + GRANTED + publish(topic, b"1", qos=1) + publish(b"good", b"2", qos=1, number=2))
    with RawBroker(script) as broker:
        link = Link(Address("127.0.0.1", broker.port), "token", "papaya-test", ears)
        link.start()
        wait_for(
            lambda: ("good", b"2", False) in ears.messages or not ears.endings.empty(),
            PATIENCE,
            lambda: "nothing",
        )
        link.close()


def test_a_server_that_drips_is_left_and_its_thread_ends() -> None:
    def script() -> Iterator[bytes]:
        for byte in b"\x20" + length(1000) + bytes(1000):
            time.sleep(0.05)
            yield bytes([byte])

    ears = Ears()
    with RawBroker(script) as broker:
        link = Link(Address("127.0.0.1", broker.port), "token", "papaya-test", ears)
        link.start()
        time.sleep(0.5)
        link.close()
        assert ears.endings.get(timeout=PATIENCE).reason


# paho leaves it to the garbage collector to close a connection on which TLS could not be agreed on.
@pytest.mark.filterwarnings(
    "ignore:unclosed:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
def test_a_server_that_drips_its_tls_handshake_is_left_and_its_thread_ends() -> None:
    def script() -> Iterator[bytes]:
        yield b"\x16\x03\x03\x3f\xff"
        for _ in range(2000):
            time.sleep(0.05)
            yield b"\x00"

    ears = Ears()
    with RawBroker(script) as broker:
        link = Link(Address("127.0.0.1", broker.port, tls=True), "token", "papaya-test", ears)
        link.start()
        time.sleep(0.5)
        link.close()
        assert ears.endings.get(timeout=PATIENCE).kind in ("no-tls", "unreachable", "closed")
    gc.collect()
