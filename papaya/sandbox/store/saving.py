"""Saves entities of every kind: identity, version and name in one place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity, save
from papaya.sandbox.store.revisions import next_revision
from papaya.sandbox.store.validation import refuse_nul
from papaya.sandbox.wire import dumps, reference


@dataclass(frozen=True, slots=True)
class Draft:
    """An entity about to be stored: the columns of its row, and its JSON without identity and version.

    `taken` is the refusal of a name that another entity has in the same `name_scope`; a scope of None
    lets names repeat.
    """

    kind: str
    name: str
    content: dict[str, Any]
    taken: str = ""
    name_scope: str | None = ""
    type: str | None = None
    customer_id: str | None = None
    profile_id: str | None = None
    info: object = None


def put(core: Core, draft: Draft, old: Entity | None, sent_time: object = None) -> tuple[Entity, str]:
    """Store an entity in place of `old`; return it and the text that answers the request.

    `sent_time` is the `createdTime` of the request, which some versions send back.
    """
    for value in draft.content.values():
        refuse_nul(core.dialect, value)
    made = next_revision(core, old)
    frame: dict[str, Any] = {
        "id": reference(draft.kind, made.id),
        "createdTime": made.created_time,
        "tenantId": reference("TENANT", core.tenant_id),
        **draft.content,
    }
    frame["version"] = draft.content.get("version", made.version)
    entity = Entity(
        number=made.number,
        id=made.id,
        kind=draft.kind,
        name=draft.name,
        type=draft.type,
        label=None,
        profile_id=draft.profile_id,
        customer_id=draft.customer_id,
        created_time=made.created_time,
        version=made.version,
        additional_info=None if draft.info is None else dumps(draft.info),
        body=dumps(frame),
        name_scope=made.id if draft.name_scope is None else draft.name_scope,
    )
    number = save(core, entity, is_new=old is None, taken=draft.taken)
    answer = entity.body
    if old is not None and core.dialect.echoes_created_time:
        answer = dumps({**frame, "createdTime": sent_time or 0})
    return replace(entity, number=number), answer


def resave(core: Core, entity: Entity, changes: dict[str, Any]) -> Entity:
    """Store an entity again with some members of its JSON changed, which moves its version."""
    content = {**entity.json, **changes}
    draft = Draft(
        kind=entity.kind,
        name=entity.name,
        content={key: value for key, value in content.items() if key != "version"},
        name_scope=entity.name_scope,
        type=entity.type,
        customer_id=entity.customer_id,
        profile_id=entity.profile_id,
        info=content.get("additionalInfo"),
    )
    return put(core, draft, entity)[0]
