"""The JSON objects of assets and devices, as papaya sends them.

A save is a full replace: whatever is left out is cleared, so an update starts from what was read.
"""

from __future__ import annotations

from collections.abc import Mapping

from papaya.api.kinds import NO_CUSTOMER, endpoints
from papaya.engine.inventory import Entity
from papaya.engine.lease import with_lease
from papaya.engine.marking import Marking
from papaya.manifest.model import Json

_OWN = "papaya"
_LEASE = "lease"


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
    return body if marking.lease is None else with_lease(body, marking.lease)


def updated_body(desired: Entity, read: Mapping[str, Json], marking: Marking) -> dict[str, Json]:
    """Return the object that was read with the declared fields in place and the released ones cleared.

    A rename is remembered inside the object, so that after a crash it is not taken for one that is still to
    come.
    """
    released = marking.released
    body = dict(read)
    body["name"] = desired.address.name
    info = _info(read)
    if desired.label is not None or "label" in released:
        body["label"] = desired.label or None
    if desired.description is not None:
        info["description"] = desired.description
    elif "description" in released:
        info.pop("description", None)
    if desired.gateway is not None:
        info["gateway"] = desired.gateway
    elif "gateway" in released:
        info.pop("gateway", None)
    if read.get("name") != desired.address.name:
        _set_own(info, renaming=None, formerly=desired.formerly)
    body["additionalInfo"] = info
    body.update(_references(desired, marking))
    for name in ("customer", "firmware", "software"):
        if getattr(desired, name) is None and name in released:
            body[f"{name}Id"] = None
    return body


def renamed_body(live: Mapping[str, Json], name: str, target: str | None) -> dict[str, Json]:
    """Return the live object under another name, with the one that it had and the one it is on its way to."""
    info = _info(live)
    former = live.get("name")
    _set_own(info, renaming=target, formerly=former if isinstance(former, str) else None)
    return {**live, "name": name, "additionalInfo": info}


def _set_own(info: dict[str, Json], **values: str | None) -> None:
    """Set or remove what papaya keeps inside an object; nothing is left of it when all is gone."""
    own = info.get(_OWN)
    own = {**own, **values} if isinstance(own, dict) else dict(values)
    kept = {key: value for key, value in own.items() if key not in values or value is not None}
    info.pop(_OWN, None)
    if kept:
        info[_OWN] = kept


def unmarked_body(live: Mapping[str, Json]) -> dict[str, Json]:
    """Return the live object without papaya's marks; a lease stays until its holder takes it away."""
    info = _info(live)
    own = info.pop(_OWN, None)
    if isinstance(own, dict) and _LEASE in own:
        info[_OWN] = {_LEASE: own[_LEASE]}
    return {**live, "additionalInfo": info}


def matches_body(live: Mapping[str, Json], sent: Mapping[str, Json]) -> bool:
    """Return whether the live object is what was sent, so that a lost answer was a yes."""
    if (live.get("label") or None) != (sent.get("label") or None) or live.get("name") != sent.get("name"):
        return False
    if _info(live) != _info(sent):
        return False
    names = ("assetProfileId", "deviceProfileId", "customerId", "firmwareId", "softwareId")
    return all(_id(live.get(name)) == _id(sent.get(name)) for name in names)


def _references(entity: Entity, marking: Marking) -> dict[str, Json]:
    spec = endpoints(entity.address.kind)
    # The profile counts by id: a type alone would silently create a profile of that name.
    references: dict[str, Json] = {
        spec.profile_field: {"entityType": spec.profile_type, "id": marking.profile_id}
    }
    if marking.customer_id is not None:
        references["customerId"] = {"entityType": "CUSTOMER", "id": marking.customer_id}
    for name, id_ in marking.packages.items():
        references[f"{name}Id"] = {"entityType": "OTA_PACKAGE", "id": id_}
    return references


def _info(body: Mapping[str, Json]) -> dict[str, Json]:
    info = body.get("additionalInfo")
    return dict(info) if isinstance(info, dict) else {}


def _id(reference: Json) -> Json:
    id_ = reference.get("id") if isinstance(reference, dict) else None
    return None if id_ == NO_CUSTOMER else id_
