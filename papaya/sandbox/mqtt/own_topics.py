"""The topics that a device profile adds to the server's own."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any

from papaya.sandbox.mqtt.topics import LONG, Form, Interest, Meaning, Target
from papaya.sandbox.store.core import Core


@dataclass(frozen=True, slots=True)
class OwnTopics:
    """Where devices of a profile publish telemetry and attributes, and listen for changes, beside `v1/…`."""

    telemetry: re.Pattern[str] | None = None
    attributes: re.Pattern[str] | None = None
    listening: str | None = None

    def target_of(self, topic: str) -> Target | None:
        """Return what publishing to a topic means, None for one that the profile does not name."""
        if self.telemetry is not None and self.telemetry.fullmatch(topic):
            return Target(Meaning.TELEMETRY)
        if self.attributes is not None and self.attributes.fullmatch(topic):
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
        telemetry=_pattern(str(configuration["deviceTelemetryTopic"])),
        attributes=_pattern(str(configuration["deviceAttributesTopic"])),
        listening=str(configuration["deviceAttributesSubscribeTopic"]),
    )


def _pattern(topic_filter: str) -> re.Pattern[str]:
    """Return the pattern of a topic with the wildcards of MQTT: `+` is one level, `#` every further one."""
    levels = [
        "[^/]*" if level == "+" else ".*" if level == "#" else re.escape(level)
        for level in topic_filter.split("/")
    ]
    return re.compile("/".join(levels))
