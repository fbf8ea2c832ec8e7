"""The arguments of every handler: the shared parts of one sandbox, and one request."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from papaya.sandbox.dialect import Dialect
from papaya.sandbox.store.changes import Changes
from papaya.sandbox.store.database import Store
from papaya.sandbox.store.group_commit import GroupCommit
from papaya.sandbox.store.limits import Limits, RateLimit
from papaya.sandbox.store.live import Live
from papaya.sandbox.store.rule_index import RuleIndex

RPC_FLOOR = 5.0
# How long the server's transport waits for a rule chain to answer a device's call.
DEVICE_CALL_SECONDS = 60.0
# How long the server holds a request of a device that nothing answers.
UNANSWERED_SECONDS = 30.0
# Name of a device, method and parameters of its call to what it is answered.
Answerer = Callable[[str, str, Any], Any]
# An entity's number, SERIES or the scope, and the keys of what was written.
Reaction = Callable[["Core", int, int, frozenset[str]], None]


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long tokens last, in seconds; the defaults are a fresh installation's."""

    access: float = 9000.0
    refresh: float = 604800.0


@dataclass(slots=True)
class Core:
    """Everything that outlives a request."""

    store: Store
    dialect: Dialect
    tenant_id: str
    signing_key: bytes
    lifetimes: Lifetimes = Lifetimes()
    limits: Limits = field(default_factory=Limits)
    rate_limit: RateLimit = field(default_factory=RateLimit)
    # What the tenant's profile sets; `limits` and `rate_limit` come before it.
    allowances: Limits = field(default_factory=Limits)
    profile_rates: tuple[RateLimit, ...] = ()
    profile_rates_text: object = None
    rpc_timeout_floor: float = RPC_FLOOR
    live: Live = field(default_factory=Live)
    changes: Changes = field(default_factory=Changes)
    rules: RuleIndex = field(default_factory=RuleIndex)
    # Evaluates written values; the server sets it, so that the store does not depend on it.
    reaction: Reaction | None = None
    writes: GroupCommit = field(init=False)
    started: int = field(init=False)
    # The port for devices that connect by MQTT; 0 if there is none.
    mqtt_port: int = 0
    # The device's own calls go to a rule chain on the server; tests put a function in its place.
    answer_device: Answerer | None = None
    device_call_seconds: float = DEVICE_CALL_SECONDS
    unanswered_seconds: float = UNANSWERED_SECONDS

    def __post_init__(self) -> None:
        """Let writes of devices share the store's transactions."""
        self.writes = GroupCommit(self.store)
        self.started = self.now()

    def most(self, kind: str) -> int:
        """Return how many entities of a kind the tenant may have; 0 is unlimited."""
        return self.limits.entities.get(kind, 0) or self.allowances.entities.get(kind, 0)

    def most_bytes(self, kind: str) -> int:
        """Return how many bytes entities of a kind may hold; 0 is unlimited."""
        return self.limits.bytes.get(kind, 0) or self.allowances.bytes.get(kind, 0)

    def takes_request(self) -> bool:
        """Count a request of the tenant; tell whether its limits allow it."""
        return self.rate_limit.take() and all([each.take() for each in self.profile_rates])

    def react(self, number: int, source: int, keys: Iterable[str]) -> None:
        """Let follow what follows from values of an entity that were written or deleted."""
        if self.reaction is not None and not self.rules.idle:
            self.reaction(self, number, source, frozenset(keys))

    def now(self) -> int:
        """Return the time in milliseconds, the unit of every timestamp of the server."""
        return time.time_ns() // 1_000_000
