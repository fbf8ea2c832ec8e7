"""The window's source of MQTT goes on, in bounded memory, whatever a broker sends."""

from __future__ import annotations

import itertools
import resource
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from papaya_gui.models.catalog import Catalog
from papaya_gui.models.texts import Texts
from papaya_gui.sources.messages import Message, MessageReader
from papaya_gui.sources.mqtt import MqttSupply
from papaya_gui.sources.topics import pattern_of, place_of

from papaya.manifest.model import Json, Sensor
from papaya.mqtt_client import MOST_BYTES
from papaya.sensors.condition import Health
from papaya.sensors.mqtt import MqttBackend
from papaya.sensors.source import Source
from tests.hostile.raw_broker import ACCEPTED, RawBroker, length, publish
from tests.hostile.texts import payloads
from tests.unit.gui.ear import Ear, fleet_of, meter

ONE_GRANTED = b"\x90\x03\x00\x01\x01"
MOST_MEGABYTES = 300
GOOD = publish(b"papaya/PM-1/t", b"5")


@pytest.fixture
def ear() -> Iterator[Ear]:
    listening = Ear(fleet_of(meter("PM-1", "t")))
    yield listening
    listening.close()


def listen(ear: Ear, broker: RawBroker) -> MqttSupply:
    place = place_of(f"mqtt://127.0.0.1:{broker.port}/papaya/{{device}}/{{key}}")
    return ear.hear(
        MqttSupply(ear.catalog, ear.inbox, ear.told.append, place, longest_pause=0.2, pause_when_refused=0.2)
    )


def script(*pieces: bytes) -> Callable[[], Iterator[bytes]]:
    """Return what accepts a subscription, and then sends these pieces, the last one for ever."""

    def play() -> Iterator[bytes]:
        yield ACCEPTED + ONE_GRANTED
        yield from pieces
        while True:
            yield pieces[-1]

    return play


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.parametrize(
    "odd",
    [
        publish(b"\xff\xfe", b"1"),
        publish(b"x", b"1"),
        publish(b"papaya/PM-1", b"1"),
        publish(b"a/b/c/d", b"{}"),
    ],
    ids=["no text", "one level", "a level less", "another one"],
)
def test_a_topic_that_nobody_has_subscribed_to_costs_its_message(ear: Ear, odd: bytes) -> None:
    with RawBroker(script(odd, GOOD)) as broker:
        listen(ear, broker)
        ear.until_text("PM-1", "t", "5")


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        ((b"\x30" + length(250_000_000) + b"\x00\x03a/b", b"x" * 65_536), f"more than {MOST_BYTES:,}"),
        (
            tuple(publish(b"papaya/PM-1/t", b"x" * 60_000, qos=2, number=n) for n in range(1, 100)),
            "releases none",
        ),
    ],
    ids=["250 MB", "never released"],
)
def test_what_would_fill_memory_ends_the_connection_and_is_told(
    ear: Ear, pieces: tuple[bytes, ...], told: str
) -> None:
    before = megabytes()
    with RawBroker(script(*pieces)) as broker:
        listen(ear, broker)
        ear.until(lambda: told in ear.until_health(Health.DOWN).reason)
    assert megabytes() - before < MOST_MEGABYTES


def test_a_broker_waits_while_too_much_of_it_is_not_read(ear: Ear) -> None:
    before = megabytes()
    message = publish(b"papaya/PM-1/t", b"[" + b"{}," * 300_000 + b"{}]")
    with RawBroker(script(message)) as broker:
        supply = listen(ear, broker)
        ear.until(lambda: supply.received > 3)
    assert megabytes() - before < MOST_MEGABYTES


ODD = {
    "depth": publish(b"papaya/PM-1/t", b"[" * 60_000),
    "binary": publish(b"papaya/PM-1/t", bytes(range(256)) * 20),
    "half a character": publish(b"papaya/PM-1/t", b"\xe2\x80"),
    "a number of 5,000 digits": publish(b"papaya/PM-1/t", b"9" * 5_000),
    "wrong types": publish(b"papaya/PM-1/t", b'{"ts":[],"values":{"t":{"value":[null]}}}'),
    "no payload": publish(b"papaya/PM-1/t", b""),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_a_payload_that_is_no_value_costs_its_message(ear: Ear, odd: bytes) -> None:
    with RawBroker(script(odd * 20, GOOD)) as broker:
        listen(ear, broker)
        ear.until_text("PM-1", "t", "5")


def drip() -> Iterator[bytes]:
    """Accept, and give one byte of a message now and then."""
    yield ACCEPTED + ONE_GRANTED
    for byte in publish(b"papaya/PM-1/t", b"x" * 60_000):
        yield bytes([byte])
        time.sleep(0.02)


GARBAGE: dict[str, Callable[[], Iterator[bytes]]] = {
    "a drip": drip,
    "no answer to CONNECT but bytes for ever": lambda: itertools.repeat(b"\xff" * 65_536),
    "accepted again and again": lambda: itertools.repeat(ACCEPTED * 1_000),
    "grants for ever": lambda: itertools.chain([ACCEPTED], itertools.repeat(ONE_GRANTED * 1_000)),
    "answers to pings for ever": lambda: itertools.chain([ACCEPTED], itertools.repeat(b"\xd0\x00" * 1_000)),
    "a length without end": lambda: itertools.chain([ACCEPTED], itertools.repeat(b"\x30" + b"\xff" * 60)),
}


@pytest.mark.parametrize("play", GARBAGE.values(), ids=GARBAGE)
def test_a_source_can_be_closed_whatever_its_broker_sends(
    ear: Ear, play: Callable[[], Iterator[bytes]]
) -> None:
    before = megabytes()
    with RawBroker(play) as broker:
        supply = listen(ear, broker)
        ear.until(lambda: broker.connections)
        time.sleep(0.3)
        began = time.monotonic()
        supply.close()
        assert time.monotonic() - began < 30
    assert megabytes() - before < MOST_MEGABYTES
    for condition in ear.told:
        assert "unexpected fault" not in condition.reason
        assert len(condition.reason) < 1_000


def test_names_of_strangers_are_told_in_few_words(ear: Ear) -> None:
    strangers = [publish(f"papaya/{number}{'z' * 60_000}/t".encode(), b"1") for number in range(20)]
    with RawBroker(script(*strangers, GOOD)) as broker:
        listen(ear, broker)
        ear.until(lambda: "does not have (20)" in ear.until_health(Health.LIVE).reason)
    assert len(ear.until_health(Health.LIVE).reason) < 1_000


def test_a_sensor_of_a_broker_is_read_after_a_topic_that_is_no_text() -> None:
    with RawBroker(script(publish(b"\xff\xfe", b"1"), GOOD)) as broker:
        options: dict[str, Json] = {"host": "127.0.0.1", "port": broker.port, "topic": "papaya/PM-1/+"}
        backend = MqttBackend(Source("mqtt", (Sensor("t"),), options))
        try:
            heard: list[object] = []
            backend.listen(lambda reading: heard.append(reading.value))
            Ear(fleet_of()).until(lambda: heard)
            assert backend.get_latest_readings()["t"].value == 5
        finally:
            backend.close()


topics = st.one_of(
    st.sampled_from(("papaya/PM-1/t", "papaya/PM-1/new", "papaya/PM-9/t", "", "x", "papaya/PM-1")),
    st.text(max_size=20),
)


def expect_harmless(messages: list[Message]) -> None:
    """Read messages, and a good one after them."""
    reader = MessageReader(
        Catalog(fleet_of(meter("PM-1", "t"))), pattern_of("papaya/{device}/{key}"), Texts()
    )
    reader.read(messages)
    assert reader.read([("papaya/PM-1/t", b"5", 1.0)]).values.tolist() == [5.0]


@settings(max_examples=40)
@given(st.lists(st.tuples(topics, payloads, st.just(1.0)), max_size=5))
def test_no_message_keeps_the_next_one_from_being_read(messages: list[Message]) -> None:
    expect_harmless(messages)


@pytest.mark.soak
@settings(max_examples=20_000, derandomize=False)
@given(st.lists(st.tuples(topics, payloads, st.just(1.0)), max_size=5))
def test_no_message_of_very_many_keeps_the_next_one_from_being_read(messages: list[Message]) -> None:
    expect_harmless(messages)
