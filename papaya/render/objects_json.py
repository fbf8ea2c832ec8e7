"""Changes of objects beside the tree as a plan's document holds them."""

from __future__ import annotations

from papaya.engine.plan import ResourceChange
from papaya.kinds.resource import Desired, Fields, Live
from papaya.manifest.model import Json
from papaya.render.json_parts import PROVISION_SECRET, field_json, mark_json, value_json, values_json


def resource_json(change: ResourceChange) -> dict[str, Json]:
    """Return one change of an object beside the tree as a plan's document holds it."""
    told: dict[str, Json] = {
        "address": str(change.address),
        "kind": change.address.kind,
        "name": change.address.name,
        "actions": [
            change.action,
            *(["adopt"] if change.adopts else []),
            *(["rename"] if change.renamed_from is not None else []),
        ],
    }
    for name, text in (("reason", change.reason), ("question", change.question)):
        if text:
            told[name] = text
    if change.renamed_from is not None:
        told["renamedFrom"] = change.renamed_from
    if change.notes:
        told["notes"] = list(change.notes)
    if change.fields:
        told["fields"] = [field_json(one) for one in change.fields]
    if change.desired is not None:
        told["desired"] = _desired(change.desired)
    if change.live is not None:
        told["live"] = _live(change.live)
    return told


def _desired(desired: Desired) -> Json:
    told: dict[str, Json] = {"name": desired.address.name, "fields": values_json(desired.fields)}
    if desired.references:
        told["references"] = [str(address) for address in desired.references]
    if desired.formerly is not None:
        told["formerly"] = desired.formerly
    if desired.protect:
        told["protect"] = True
    if desired.extra:
        told["extra"] = values_json(desired.extra)
    if desired.called is not None:
        told["called"] = desired.called
    if desired.mark is not None:
        told["mark"] = mark_json(desired.mark)
    return told


def _live(live: Live) -> Json:
    told: dict[str, Json] = {"name": live.address.name, "id": live.id, "row": values_json(_open(live.row))}
    for name, value in (("version", live.version), ("owner", live.owner), ("createdBy", live.created_by)):
        if value is not None:
            told[name] = value
    if live.details:
        told["details"] = [value_json(_without_secrets(one)) for one in live.details]
    if live.fields is not None:
        told["fields"] = values_json(live.fields)
    if live.before_deletion:
        told["beforeDeletion"] = [value_json(_without_secrets(one)) for one in live.before_deletion]
    if live.protect:
        told["protect"] = True
    if live.applied is not None:
        told["applied"] = {
            "name": live.applied.name,
            "version": live.applied.version,
            "sent": values_json(live.applied.sent),
            "left": values_json(live.applied.left),
        }
    return told


def _open(row: Fields) -> Fields:
    """Return a row without the secrets that the server tells with it; who saves it reads it again."""
    return {key: _without_secrets(value) for key, value in row.items() if key != PROVISION_SECRET}


def _without_secrets(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _without_secrets(member) for key, member in value.items() if key != PROVISION_SECRET}
    if isinstance(value, list):
        return [_without_secrets(member) for member in value]
    return value
