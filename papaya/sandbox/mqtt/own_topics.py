"""The topics of a device profile, which take the place of the server's own for values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from papaya.sandbox.mqtt.topics import LONG, Form, Interest, Meaning, Target, interest_of, matches, target_of
from papaya.sandbox.store.core import Core


@dataclass(frozen=True, slots=True)
class OwnTopics:
    """Where devices of a profile publish telemetry and attributes, and ask for changes.

    Changes come on `v1/devices/me/attributes` wherever a device asked for them (measured on 4.0.1, 4.3.1.3).
    """

    telemetry: str = LONG.telemetry
    attributes: str = LONG.attributes
    listening: str = LONG.attributes
    # Whether a message that cannot be read is acknowledged.
    forgives: bool = False
    is_protobuf: bool = False

    def target_of(self, topic: str) -> Target | None:
        """Return what publishing to a topic means, None for one that these devices do not have."""
        if matches(self.attributes, topic):
            return Target(Meaning.ATTRIBUTES)
        if matches(self.telemetry, topic):
            return Target(Meaning.TELEMETRY)
        return None if topic in (LONG.telemetry, LONG.attributes) else target_of(topic)

    def interest_of(self, topic_filter: str) -> tuple[Interest, Form] | None:
        """Return what a subscription is for, None for a filter that these devices do not have."""
        if matches(self.listening, topic_filter):
            return Interest.ATTRIBUTES, LONG
        return interest_of(topic_filter)


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
    payload = configuration.get("transportPayloadTypeConfiguration") or {}
    is_protobuf = payload.get("transportPayloadType") == "PROTOBUF"
    return OwnTopics(
        telemetry=str(configuration["deviceTelemetryTopic"]),
        attributes=str(configuration["deviceAttributesTopic"]),
        listening=str(configuration["deviceAttributesSubscribeTopic"]),
        forgives=configuration.get("sendAckOnValidationException") is True,
        is_protobuf=is_protobuf and payload.get("enableCompatibilityWithJsonPayloadFormat") is not True,
    )
