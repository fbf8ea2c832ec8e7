"""The queues of a server whose tenants have none of their own."""

from __future__ import annotations

import uuid
from typing import Any

from papaya.sandbox.store.core import Core
from papaya.sandbox.wire import NULL_ID, reference

_PAUSE = {"failurePercentage": 0.0, "pauseBetweenRetries": 5, "maxPauseBetweenRetries": 5}
_RETRY = "RETRY_FAILED_AND_TIMED_OUT"
# Name, topic, and how messages are submitted and processed.
_QUEUES: tuple[tuple[str, str, dict[str, Any], dict[str, Any]], ...] = (
    (
        "Main",
        "main",
        {"type": "BURST", "batchSize": 1000},
        {
            "type": "SKIP_ALL_FAILURES",
            "retries": 3,
            **_PAUSE,
            "pauseBetweenRetries": 3,
            "maxPauseBetweenRetries": 3,
        },
    ),
    (
        "HighPriority",
        "hp",
        {"type": "BURST", "batchSize": 100},
        {"type": _RETRY, "retries": 0, **_PAUSE},
    ),
    (
        "SequentialByOriginator",
        "sq",
        {"type": "SEQUENTIAL_BY_ORIGINATOR", "batchSize": 100},
        {"type": _RETRY, "retries": 3, **_PAUSE},
    ),
)
QUEUES = tuple(queue[0] for queue in _QUEUES)


def queues(core: Core) -> list[dict[str, Any]]:
    """Return the JSON of every queue."""
    return [
        {
            "id": reference("QUEUE", str(uuid.uuid5(uuid.UUID(core.tenant_id), name))),
            "createdTime": core.started,
            "tenantId": reference("TENANT", NULL_ID),
            "name": name,
            "topic": f"tb_rule_engine.{topic}",
            "pollInterval": 25,
            "partitions": 10,
            "consumerPerPartition": True,
            "packProcessingTimeout": 2000,
            "submitStrategy": submit,
            "processingStrategy": process,
            "additionalInfo": None,
        }
        for name, topic, submit, process in _QUEUES
    ]
