"""What the files of objects refer to beyond what was read anyway: looked up once by its id or its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from papaya.api.protocols import Server
from papaya.engine.desire import desire
from papaya.engine.inventory import Inventory
from papaya.engine.resource_diff import desired_of
from papaya.errors import NotFound
from papaya.kinds.address import Address
from papaya.kinds.kind import id_in
from papaya.kinds.references import KEYS, THE_TENANT, Reference
from papaya.kinds.registry import KINDS, by_entity_type
from papaya.kinds.resource import Live, LiveObjects
from papaya.manifest.model import Fleet, Json

_TYPES = {key: entity_type for entity_type, key in KEYS.items()}
_BY_ID = {
    "DEVICE": ("/api/device/{}", "name"),
    "ASSET": ("/api/asset/{}", "name"),
    "DEVICE_PROFILE": ("/api/deviceProfileInfo/{}", "name"),
    "ASSET_PROFILE": ("/api/assetProfileInfo/{}", "name"),
    "ENTITY_VIEW": ("/api/entityView/{}", "name"),
    "EDGE": ("/api/edge/{}", "name"),
}
_BY_NAME = {"device": ("/api/tenant/devices", "deviceName"), "asset": ("/api/tenant/assets", "assetName")}
_LISTED = {
    "deviceProfile": ("/api/deviceProfileInfos", "name"),
    "assetProfile": ("/api/assetProfileInfos", "name"),
}


def tenant_named(tenant: str) -> LiveObjects:
    """Return the name of the tenant, which is the same on every server."""
    return LiveObjects(names={("TENANT", tenant): THE_TENANT.name}, ids={THE_TENANT: tenant})


def read_referred(
    server: Server,
    fleet: Fleet,
    tenant: str,
    objects: Iterable[Live],
    tree: Inventory,
    called: Mapping[Address, str],
) -> LiveObjects:
    """Return names, ids and what is unknown of the references in the files of a fleet.

    One request for each that is neither in the manifest nor was read; none where no file refers to such.
    `called` are the ids of live places and devices by the names of the manifest.
    """
    references = {
        one for wanted in desired_of(fleet) for one in KINDS[wanted.address.kind].references(wanted)
    }
    if not references:
        return LiveObjects()
    ids: dict[Address, str] = {one.address: one.id for one in objects}
    ids |= {address: one.id for address, one in tree.entities.items() if one.id is not None}
    ids |= {address: one.id for address, one in tree.profiles.items() if one.id is not None}
    ids |= called
    ids[THE_TENANT] = tenant
    names = {(_TYPES[one.kind], id_): one.name for one, id_ in ids.items() if one.kind in _TYPES}
    wanted = desire(fleet)
    declared = {entity.address for entity in wanted} | wanted.profiles.keys()
    declared |= {KINDS[one.kind].address(one.name) for one in fleet.resources}
    unknown: set[str] = set()
    for one in references:
        address = one.address
        if address is not None and address not in ids and address not in declared:
            id_ = _found_by_name(server, address)
            if id_ is None:
                unknown.add(one.text)
            else:
                ids[address] = id_
                names[(_TYPES[address.kind], id_)] = address.name
        elif address is None and (one.entity_type, one.text) not in names:
            name = _found_by_id(server, one)
            if name is None:
                unknown.add(one.text)
            elif one.entity_type in KEYS:
                names[(one.entity_type, one.text)] = name
                ids[Address(KEYS[one.entity_type], name)] = one.text
    asked = {one.address or _named(one, names) for one in references}
    return LiveObjects(
        names={key: name for key, name in names.items() if Address(KEYS[key[0]], name) in asked},
        ids={address: id_ for address, id_ in ids.items() if address in asked},
        unknown=frozenset(unknown),
    )


def _named(one: Reference, names: Mapping[tuple[str, str], str]) -> Address | None:
    name = names.get((one.entity_type, one.text))
    return Address(KEYS[one.entity_type], name) if name is not None else None


def _found_by_id(server: Server, one: Reference) -> str | None:
    kind = next(iter(by_entity_type(one.entity_type)), None)
    path, key = _BY_ID.get(one.entity_type, ("", ""))
    if kind is not None:
        path, key = kind.one(one.text).path, kind.live_name_key
    if not path:
        return None
    row = _asked(lambda: server.get(path.format(one.text)))
    return str(row.get(key)) if isinstance(row, dict) else None


def _found_by_name(server: Server, address: Address) -> str | None:
    if address.kind in _BY_NAME:
        path, parameter = _BY_NAME[address.kind]
        return id_in(_asked(lambda: server.get(path, params={parameter: address.name})))
    path, key = _LISTED.get(address.kind, ("", ""))
    parameters: dict[str, str | int | bool] = {"pageSize": 100, "page": 0, "textSearch": address.name}
    if address.kind in KINDS:
        kind = KINDS[address.kind]
        path, key = kind.listing.path, kind.live_name_key
        parameters |= kind.listing.parameters
    if not path:
        return None
    answer = _asked(lambda: server.get(path, params=parameters))
    rows = answer.get("data") if isinstance(answer, dict) else None
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and row.get(key) == address.name:
            return id_in(row)
    return None


def _asked(ask: Callable[[], Json]) -> Json:
    try:
        return ask()
    except NotFound:
        return None
