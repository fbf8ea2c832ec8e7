"""What proves that the other side is ThingsBoard and knows the device, and what proves nothing."""

from __future__ import annotations

import pytest

from papaya.agent.proof import QUESTION_ABOUT_DEVICE, QUESTION_ABOUT_LIMITS, Proof
from papaya.agent.relayed import Relayed

ATTRIBUTES = "v1/devices/me/attributes/response/"
CALL, RESULT = "v1/devices/me/rpc/request/", "v1/devices/me/rpc/response/"
LIMITS = (
    b'{"maxPayloadSize":65536,"maxInflightMessages":100,"rateLimits":{"messages":"200:1,6000:60",'
    b'"telemetryMessages":null,"telemetryDataPoints":null}}'
)


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        # As ThingsBoard 4.0.1 and 4.3.1.3 answer.
        (f"{ATTRIBUTES}7", b'{"client":{"firmware":2.0},"shared":{"interval":7}}'),
        (f"{ATTRIBUTES}7", b'{"client":{"papaya.agent.instance":"0123456789ab"}}'),
        (f"{ATTRIBUTES}7", b"{}"),
        (f"{RESULT}7", LIMITS),
        (f"{RESULT}7", b'{"rateLimits":{}}'),
    ],
)
def test_an_answer_to_a_question_is_proof(topic: str, payload: bytes) -> None:
    proof = Proof(7)
    proof.received(topic, payload, retained=False)
    assert proof.is_given
    assert proof.held() == [(topic, payload)]
    assert proof.held() == []


@pytest.mark.parametrize(
    ("topic", "payload", "retained"),
    [
        (f"{ATTRIBUTES}7", b"{}", True),
        (f"{ATTRIBUTES}8", b"{}", False),
        (f"{ATTRIBUTES}7", QUESTION_ABOUT_DEVICE, False),
        (f"{ATTRIBUTES}7", b"[]", False),
        (f"{ATTRIBUTES}7", b"", False),
        (f"{ATTRIBUTES}7", b'{"client":7}', False),
        (f"{ATTRIBUTES}7", b'{"error":"no"}', False),
        (f"{ATTRIBUTES}7", b"[" * 5_000 + b"]" * 5_000, False),
        (f"{RESULT}7", QUESTION_ABOUT_LIMITS, False),
        # Another agent on the same broker answers calls of this kind.
        (f"{RESULT}7", b'{"error":"there is no method getSessionLimits"}', False),
        (f"{RESULT}8", LIMITS, False),
        ("v1/devices/me/attributes", b'{"papaya.sensors":[]}', False),
        (f"{CALL}3", b'{"method":"ping"}', False),
    ],
)
def test_everything_else_is_no_proof(topic: str, payload: bytes, retained: bool) -> None:
    proof = Proof(7)
    proof.received(topic, payload, retained=retained)
    assert not proof.is_given
    assert "not ThingsBoard" in proof.met()


def test_its_own_question_coming_back_tells_a_plain_broker_until_an_answer_comes() -> None:
    proof = Proof(7)
    asked: list[tuple[str, bytes]] = []
    proof.begin(lambda topic, payload: asked.append((topic, payload)))
    # A broker sends the first one back before anybody behind it can answer the second one.
    assert [topic for topic, _ in asked] == [f"{CALL}7", "v1/devices/me/attributes/request/7"]
    assert proof.is_own(*asked[0])
    assert not proof.is_own(f"{CALL}7", b'{"method":"ping"}')
    assert "plain MQTT broker" in proof.met()
    proof.received(f"{ATTRIBUTES}7", b"{}", retained=False)
    assert proof.is_given
    assert proof.is_echoed


def test_what_comes_before_the_proof_is_held_up_to_a_bound() -> None:
    proof = Proof(7)
    for number in range(10_000):
        proof.received(f"{CALL}{number}", b'{"method":"ping"}', retained=False)
    assert len(proof.held()) == 64


def test_two_connections_ask_with_different_numbers() -> None:
    assert len({Proof().number for _ in range(100)}) > 90
    assert all(0 < Proof().number <= 2**31 - 100 for _ in range(100))


def test_behind_a_broker_messages_arrive_in_the_order_of_the_answers() -> None:
    asked: list[str] = []
    relayed = Relayed(7, lambda topic, payload: asked.append(topic))
    for number in (1, 2, 3):
        relayed.acknowledged(number)
    # The question was sent after the first message alone.
    assert len(asked) == 1
    answer = asked[0].replace("request", "response")
    assert relayed.received("v1/devices/me/attributes") == []
    assert relayed.received(answer) == [1]
    assert len(asked) == 2
    assert relayed.received(answer) == [2, 3]
    assert relayed.received(answer) == []
    assert len(asked) == 2
