"""The topics that a device profile adds to the server's own."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from papaya.sandbox.mqtt.topics import LONG, Form, Interest, Meaning, Target
from papaya.sandbox.store.core import Core


@dataclass(frozen=True, slots=True)
class OwnTopics:
    """Where devices of a profile publish telemetry and attributes, and listen for changes, beside `v1/…`."""

    telemetry: str | None = None
    attributes: str | None = None
    listening: str | None = None

    def target_of(self, topic: str) -> Target | None:
        """Return what publishing to a topic means, None for one that the profile does not name."""
        if self.telemetry is not None and _matches(self.telemetry, topic):
            return Target(Meaning.TELEMETRY)
        if self.attributes is not None and _matches(self.attributes, topic):
            return Target(Meaning.ATTRIBUTES)
        return None

    def interest_of(self, topic_filter: str) -> tuple[Interest, Form] | None:
        """Return what a subscription is for, None for a filter that the profile does not name."""
        if self.listening is None or topic_filter != self.listening:
            return None
        return Interest.ATTRIBUTES, replace(LONG, attributes=topic_filter)


_NONE = OwnTopics()


def own_topics(core: Core, device: int) -> OwnTopics:
    """Return the topics of a device's profile, as they are when it connects."""
    row = core.store.connection.execute(
        "SELECT json_extract(p.body, '$.profileData.transportConfiguration') FROM entity d"
        " JOIN entity p ON p.id = d.profile_id WHERE d.number = ? AND instr(p.body, 'deviceTelemetryTopic')",
        (device,),
    ).fetchone()
    if row is None:
        return _NONE
    configuration: dict[str, Any] = json.loads(row[0])
    if configuration["transportPayloadTypeConfiguration"].get("transportPayloadType") != "JSON":
        return _NONE
    return OwnTopics(
        telemetry=str(configuration["deviceTelemetryTopic"]),
        attributes=str(configuration["deviceAttributesTopic"]),
        listening=str(configuration["deviceAttributesSubscribeTopic"]),
    )


def _matches(topic_filter: str, topic: str) -> bool:
    """Match a topic with MQTT's wildcards: `+` is one level, `#` at the end every further one.

    No regular expression: a filter is what a client wrote, and several `#` would take for ever.
    """
    wanted, given = topic_filter.split("/"), topic.split("/")
    if wanted[-1] == "#":
        wanted.pop()
        given, rest = given[: len(wanted)], given[len(wanted) :]
        if not rest:
            return False
    pairs = zip(wanted, given, strict=False)
    return len(wanted) == len(given) and all(level in ("+", found) for level, found in pairs)
