"""The JSON objects of assets and devices, as papaya sends them.

A save is a full replace: whatever is left out is cleared, so an update starts from what was read.
"""

from __future__ import annotations

from collections.abc import Mapping

from papaya.api.kinds import NO_CUSTOMER, endpoints
from papaya.engine.inventory import Entity
from papaya.engine.marking import Marking
from papaya.manifest.model import Json

_OWN = "papaya"


def is_marked(body: Mapping[str, Json], marking: Marking) -> bool:
    """Return whether this very run created the object; a place that is not marked may be anybody's."""
    if not marking.marked:
        return True
    own = _info(body).get(_OWN)
    return isinstance(own, dict) and own.get("fleet") == marking.fleet and own.get("run") == marking.run


def fresh_body(entity: Entity, marking: Marking) -> dict[str, Json]:
    """Return the object that creates an entity."""
    info: dict[str, Json] = {}
    if entity.description is not None:
        info["description"] = entity.description
    if entity.gateway:
        info["gateway"] = True
    if marking.marked:
        info[_OWN] = {"fleet": marking.fleet, "run": marking.run}
    body: dict[str, Json] = {"name": entity.address.name, "additionalInfo": info}
    if entity.label:
        body["label"] = entity.label
    body.update(_references(entity, marking))
    return body


def updated_body(
    desired: Entity, live: Entity, read: Mapping[str, Json], marking: Marking
) -> dict[str, Json]:
    """Return the object that was read with the declared fields in place and the released ones cleared.

    A field that left the manifest is cleared only while it still is what papaya made it.
    """
    body = dict(read)
    body["name"] = desired.address.name
    info = _info(read)
    if desired.label is not None:
        body["label"] = desired.label or None
    elif _is_released("label", live.label, live):
        body["label"] = None
    if desired.description is not None:
        info["description"] = desired.description
    elif _is_released("description", live.description, live):
        info.pop("description", None)
    if desired.gateway is not None:
        info["gateway"] = desired.gateway
    elif _is_released("gateway", live.gateway, live):
        info.pop("gateway", None)
    own = info.get(_OWN)
    if isinstance(own, dict) and "renaming" in own:
        info[_OWN] = {key: value for key, value in own.items() if key != "renaming"}
    body["additionalInfo"] = info
    body.update(_references(desired, marking))
    if desired.customer is None and _is_released("customer", live.customer, live):
        body["customerId"] = None
    return body


def _is_released(name: str, found: Json, live: Entity) -> bool:
    return bool(found) and live.applied is not None and live.applied.fields.get(name) == found


def renamed_body(live: Mapping[str, Json], name: str, target: str | None) -> dict[str, Json]:
    """Return the live object under another name, with the name that it is on its way to."""
    info = _info(live)
    own = info.get(_OWN)
    mark = dict(own) if isinstance(own, dict) else {}
    if target is not None:
        mark["renaming"] = target
    info[_OWN] = mark
    return {**live, "name": name, "additionalInfo": info}


def unmarked_body(live: Mapping[str, Json]) -> dict[str, Json]:
    """Return the live object without papaya's mark."""
    info = _info(live)
    info.pop(_OWN, None)
    return {**live, "additionalInfo": info}


def matches_body(live: Mapping[str, Json], sent: Mapping[str, Json]) -> bool:
    """Return whether the live object is what was sent, so that a lost answer was a yes."""
    if (live.get("label") or None) != (sent.get("label") or None) or live.get("name") != sent.get("name"):
        return False
    if _info(live) != _info(sent):
        return False
    names = ("assetProfileId", "deviceProfileId", "customerId")
    return all(_id(live.get(name)) == _id(sent.get(name)) for name in names)


def _references(entity: Entity, marking: Marking) -> dict[str, Json]:
    spec = endpoints(entity.address.kind)
    # The profile counts by id: a type alone would silently create a profile of that name.
    references: dict[str, Json] = {
        spec.profile_field: {"entityType": spec.profile_type, "id": marking.profile_id}
    }
    if marking.customer_id is not None:
        references["customerId"] = {"entityType": "CUSTOMER", "id": marking.customer_id}
    return references


def _info(body: Mapping[str, Json]) -> dict[str, Json]:
    info = body.get("additionalInfo")
    return dict(info) if isinstance(info, dict) else {}


def _id(reference: Json) -> Json:
    id_ = reference.get("id") if isinstance(reference, dict) else None
    return None if id_ == NO_CUSTOMER else id_
