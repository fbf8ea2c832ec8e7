"""Whoever can read a device's token on its way is told of."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from papaya.agent.agent import Agent
from papaya.agent.link import Address
from papaya.agent.settings import AgentSettings


@pytest.mark.parametrize(
    ("address", "is_told"),
    [
        (Address("tb.example.com", 1883), True),
        (Address("tb.example.com", 8883, tls=True), False),
        (Address("127.0.0.1", 1883), False),
    ],
    ids=str,
)
def test_the_agent_warns_where_others_can_read_the_token(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, address: Address, is_told: bool
) -> None:
    agent = Agent(AgentSettings("PM-0001", address, lambda: "token", tmp_path / "spool.sqlite", ()))
    agent.stop()
    with caplog.at_level(logging.WARNING):
        agent.run()
    assert ("can be read by everybody on the way" in caplog.text) is is_told
