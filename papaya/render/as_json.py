"""A plan as one JSON document of a fixed form, complete enough to be carried out later.

Secrets are named by their references only; of tokens on the server there are fingerprints at most.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from papaya.engine.address import Address, Role
from papaya.engine.canonical import Untyped
from papaya.engine.inventory import Applied, Entity
from papaya.engine.plan import Change, Plan, ProfileChange, Refusal, Writes
from papaya.manifest.model import Certificate, DeviceCredentials, Json, SecretReference
from papaya.render.identity import server_json
from papaya.render.json_parts import field_json, mark_json, value_json, values_json
from papaya.render.json_text import json_text
from papaya.render.objects_json import resource_json

FORMAT_VERSION: Final = "1"

# Names in a document and in Python; what is not written has the default of the class.
PLAIN_FIELDS: Final = (
    ("profile", "profile"),
    ("label", "label"),
    ("description", "description"),
    ("gateway", "gateway"),
    ("customer", "customer"),
    ("firmware", "firmware"),
    ("software", "software"),
    ("protect", "protect"),
    ("sharedPlace", "shared_place"),
    ("formerly", "formerly"),
    ("findsItself", "finds_itself"),
    ("model", "model"),
    ("id", "id"),
    ("version", "version"),
    ("owner", "owner"),
    ("createdBy", "created_by"),
    ("renaming", "renaming"),
    ("online", "online"),
    ("lastActive", "last_active"),
)
LIST_FIELDS: Final = (("parents", "parents"), ("path", "path"), ("sensorSets", "sensor_sets"))
WRITE_FIELDS: Final = (
    ("save", "save"),
    ("setServer", "set_server"),
    ("setShared", "set_shared"),
    ("deleteServer", "delete_server"),
    ("deleteShared", "delete_shared"),
    ("credentials", "credentials"),
    ("relate", "relate"),
    ("unrelate", "unrelate"),
    ("record", "record"),
    ("aside", "aside"),
)
_NO_ENTITY = Entity(Address("asset", ""), "state")
_NO_WRITES = Writes()
# A line break within a text is escaped, so that no name can look like this.
_NO_CHANGES = '\n  "changes": []'
_NAMES_A_SECRET = re.compile(r"secret|passw|passphrase|token|community|private_?key", re.I)


def plan_json(plan: Plan) -> dict[str, Json]:
    """Return the plan as a document; `plan_from_json` makes a plan of it again."""
    return _document(plan, [change_json(change) for change in plan.changes])


def plan_pieces(plan: Plan, **more: Json) -> Iterator[str]:
    """Yield the text of a plan's document, with more members, change by change.

    The whole document of a large fleet takes several times the memory of its plan.
    """
    whole = _text({**_document(plan, []), **more})
    before, after = whole.split(_NO_CHANGES, 1)
    yield before + _NO_CHANGES[:-1]
    for position, change in enumerate(plan.changes):
        # Not line by line: names may hold characters that Python takes for ends of lines.
        text = _text(change_json(change)).replace("\n", "\n    ")
        yield f"{',' if position else ''}\n    {text}"
    yield ("\n  ]" if plan.changes else "]") + after + "\n"


def _text(value: Json) -> str:
    return json_text(value)


def _document(plan: Plan, changes: list[Json]) -> dict[str, Json]:
    return {
        "formatVersion": FORMAT_VERSION,
        "fleet": plan.fleet,
        "environment": plan.environment,
        "manifestDigest": plan.manifest_digest,
        "server": server_json(plan.server),
        "summary": {
            "adopt": plan.adopts,
            "add": plan.adds,
            "change": plan.updates,
            "move": plan.moves,
            "rename": sum(change.renamed_from is not None for change in plan.everything),
            "destroy": plan.destroys,
            "forget": plan.forgets,
        },
        "profiles": [_profile_change(change) for change in plan.profiles],
        "changes": changes,
        "refusals": [refusal_json(refusal) for refusal in plan.refusals],
        "questions": [refusal_json(question) for question in plan.questions],
        "notes": [{"text": note.text, "at": note.at} for note in plan.notes],
        "totals": {str(role): number for role, number in plan.totals.items()},
        "requests": {"read": plan.requests.read, "apply": plan.requests.apply},
        "ids": [{"address": str(address), "id": id_} for address, id_ in plan.ids.items()],
        "places": [{"address": str(address), "id": id_} for address, id_ in plan.places.items()],
        "customers": [{"title": title, "id": id_} for title, id_ in plan.customer_ids.items()],
        **_beside(plan),
    }


def _beside(plan: Plan) -> dict[str, Json]:
    """Return what a document says of objects beside the tree, where there are any."""
    told: dict[str, Json] = {}
    if plan.resources:
        told["resources"] = [resource_json(change) for change in plan.resources]
    if plan.resource_ids:
        told["objects"] = [{"address": str(one), "id": id_} for one, id_ in plan.resource_ids.items()]
    return told


def portable(plan: Plan) -> Plan:
    """Return the plan without what a document leaves out.

    That is live tokens, objects that no save needs, and the places of refusals, which only drift groups.
    """
    return replace(
        plan,
        refusals=tuple(replace(refusal, path=()) for refusal in plan.refusals),
        changes=tuple(
            replace(
                change,
                live=replace(
                    change.live, live_token=None, body=change.live.body if needs_body(change) else None
                ),
            )
            if change.live is not None
            else change
            for change in plan.changes
        ),
    )


def needs_body(change: Change) -> bool:
    """Return whether carrying out the change saves the object of a live entity."""
    if change.live is None:
        return False
    if change.action == "forget":
        return change.live.created_by is not None
    return change.action == "update" and (change.writes.save or change.writes.aside)


def actions_of(change: Change) -> list[Json]:
    """Return what is done, with marks for adoption, move and rename."""
    marks = (
        ("adopt", change.adopts),
        ("move", change.moved_from is not None),
        ("rename", change.renamed_from is not None),
    )
    return [change.action, *(mark for mark, is_so in marks if is_so)]


def change_json(change: Change) -> dict[str, Json]:
    """Return one change as a plan's document holds it."""
    told: dict[str, Json] = {
        **_address(change.address, change.role),
        "path": list(change.path),
        "actions": actions_of(change),
    }
    if change.reason:
        told["reason"] = change.reason
    if change.moved_from is not None:
        told["movedFrom"] = change.moved_from
    if change.renamed_from is not None:
        told["renamedFrom"] = change.renamed_from
    if change.notes:
        told["notes"] = list(change.notes)
    if change.fields:
        told["fields"] = [field_json(one) for one in change.fields]
    writes = _writes(change.writes)
    if writes:
        told["writes"] = writes
    if change.live is not None:
        told["live"] = _entity(change.live, needs_body=needs_body(change))
    if change.desired is not None:
        told["desired"] = _entity(change.desired, needs_body=False)
    return told


def _address(address: Address, role: Role) -> dict[str, Json]:
    return {"address": str(address), "kind": address.kind, "name": address.name, "role": role}


def _writes(writes: Writes) -> dict[str, Json]:
    told: dict[str, Json] = {}
    for name, attribute in WRITE_FIELDS:
        value = getattr(writes, attribute)
        if value == getattr(_NO_WRITES, attribute):
            continue
        if isinstance(value, tuple):
            told[name] = list(value)
        else:
            told[name] = values_json(value) if isinstance(value, Mapping) else value
    return told


def _entity(entity: Entity, *, needs_body: bool) -> Json:
    told: dict[str, Json] = {**_address(entity.address, entity.role)}
    for name, attribute in PLAIN_FIELDS:
        value = getattr(entity, attribute)
        if value != getattr(_NO_ENTITY, attribute):
            told[name] = value
    for name, attribute in LIST_FIELDS:
        value = getattr(entity, attribute)
        if value:
            told[name] = list(value)
    if entity.server:
        told["server"] = {key: _attribute(value) for key, value in entity.server.items()}
    if entity.shared:
        told["shared"] = {key: _attribute(value) for key, value in entity.shared.items()}
    if entity.credentials is not None:
        told.update(_credentials(entity.credentials))
    if entity.mark is not None:
        told["mark"] = mark_json(entity.mark)
    if entity.applied is not None:
        told["applied"] = _applied(entity.applied)
    if needs_body and entity.body is not None:
        told.update(_body(entity.body))
    return told


def _credentials(declared: DeviceCredentials) -> dict[str, Json]:
    """Return declared credentials; their secrets are references."""
    if isinstance(declared, SecretReference):
        return {"token": _reference(declared)}
    told: dict[str, Json] = {}
    if declared.mark is not None:
        told["mark"] = mark_json(declared.mark)
    if isinstance(declared, Certificate):
        told |= {"file": declared.file, "certificate": declared.text, "expires": declared.expires}
        return {"x509": {key: value for key, value in told.items() if value is not None}}
    told |= {"clientId": declared.client_id, "username": declared.username}
    if declared.password is not None:
        told["password"] = _reference(declared.password)
    return {"mqttBasic": {key: value for key, value in told.items() if value is not None}}


def _applied(applied: Applied) -> Json:
    told: dict[str, Json] = {
        "server": values_json(applied.server),
        "shared": values_json(applied.shared),
        "fields": values_json(applied.fields),
    }
    if applied.token is not None:
        told["token"] = applied.token
    if applied.id is not None:
        told["id"] = applied.id
    return told


def _body(body: Mapping[str, Json]) -> dict[str, Json]:
    """Return the object without secrets, and the paths of those that had to be left out."""
    withheld = list(_secrets(body))
    told: dict[str, Json] = {"body": _open(body)}
    if withheld:
        told["withheld"] = list(withheld)
    return told


def _secrets(value: Json | Mapping[str, Json], path: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, member in value.items():
            if _is_secret(key, member):
                yield f"{path}{key}"
            else:
                yield from _secrets(member, f"{path}{key}.")
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield from _secrets(member, f"{path}{number}.")


def _is_secret(key: str, value: Json) -> bool:
    return bool(value) and isinstance(value, str) and bool(_NAMES_A_SECRET.search(key))


def _open(value: Json | Mapping[str, Json]) -> Json:
    if isinstance(value, Mapping):
        return {key: _open(member) for key, member in value.items() if not _is_secret(key, member)}
    if isinstance(value, list):
        return [_open(member) for member in value]
    return value_json(value)


def _profile_change(change: ProfileChange) -> Json:
    return {
        **_address(change.desired.address, "profile"),
        "actions": [change.action],
        "fields": [],
        "desired": {},
    }


def refusal_json(refusal: Refusal) -> Json:
    """Return a refusal with its ways out."""
    told: dict[str, Json] = {
        "guard": refusal.guard,
        "reason": refusal.reason,
        "waysOut": [{"aim": way.aim, "how": way.how} for way in refusal.ways_out],
        "addresses": [str(address) for address in refusal.addresses],
    }
    if refusal.mark is not None:
        told["mark"] = mark_json(refusal.mark)
    return told


def _reference(reference: SecretReference) -> Json:
    told: dict[str, Json] = {}
    if reference.env is not None:
        told["env"] = reference.env
    if reference.file is not None:
        told["file"] = reference.file
    if reference.mark is not None:
        told["mark"] = mark_json(reference.mark)
    return told


def _attribute(value: Json) -> Json:
    """Return a live value; one that has lost its type is wrapped, and so are objects, to be told apart."""
    if isinstance(value, Untyped):
        return {"text": str(value)}
    return {"value": value_json(value)} if isinstance(value, dict) else value_json(value)
