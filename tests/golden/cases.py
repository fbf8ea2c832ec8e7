"""Golden cases: a folder with a manifest, what is on the server, and the plan that comes of it.

`live.json` holds what is on the server:

- `server`: `url`, `version`, `edition`, `tenant`, and `requests`, how many reading took;
- `applied`: true if the manifest in the folder `before` has been applied to it by papaya;
- `entities`: by address, what is there besides (or, of an applied one, what is different now). `server` and
  `shared` are attributes as a bulk read returns them, as text; `typed` says that their types are known.
  `applied` is the record of the last apply, null where there is none;
- `renamed`: by address, the present names of entities that were applied with their names in the record;
- `absent`: addresses that are not there although they were applied;
- `profiles`, `customers`, `tokens`: names of profiles by kind, titles by id, states of tokens by address;
- `objects`: what is there beside the tree: `kind`, `name`, `row`, `details`, `fields`, `owner` and what was
  `applied`;
- `ids`: ids by the address of what objects refer to;
- `unknown`: references in files to what the server does not have;
- `generate`: files that are made and not kept; `document`: false if the plan is not kept as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from papaya.engine.address import Address, Role
from papaya.engine.canonical import Untyped
from papaya.engine.desire import desire
from papaya.engine.guard import Consent
from papaya.engine.inventory import Applied, Entity, Inventory, Profile
from papaya.engine.plan import Plan, ServerIdentity
from papaya.engine.planner import make_plan
from papaya.engine.reading import Reading
from papaya.engine.record import record_of
from papaya.kinds.resource import Applied as AppliedObject
from papaya.kinds.resource import Live, LiveObjects
from papaya.manifest.load import Source, load
from papaya.manifest.model import Fleet, Json
from tests.golden.rows import GENERATORS

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    """One golden case."""

    folder: Path
    live: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.folder.name

    @property
    def has_document(self) -> bool:
        """Whether its plan is kept as JSON too."""
        return bool(self.live.get("document", True))


def cases() -> Iterator[Case]:
    """Yield every golden case in the order of their numbers."""
    for path in sorted(FOLDER.glob("*/live.json")):
        yield Case(path.parent, json.loads(path.read_text(encoding="utf-8")))


def plan_of(case: Case) -> Plan:
    """Return the plan of a case."""
    fleet = _fleet(case, case.folder, case.live.get("environment"))
    server: dict[str, Any] = {
        "url": fleet.server.url or "http://127.0.0.1:8080",
        "version": "4.0.1",
        "edition": "CE",
        "tenant": "6f1c0e10-c7d1-11f0-9d1a-35b0a4a7d001",
        "requests": 8,
        **case.live.get("server", {}),
    }
    requests: int = server.pop("requests")
    reading = Reading(
        _inventory(case),
        ServerIdentity(**server),
        requests,
        tokens={_address(text): state for text, state in case.live.get("tokens", {}).items()},
        customer_titles=tuple(case.live.get("customers", {}).values()),
        resources=LiveObjects(
            tuple(map(_object, case.live.get("objects", ()))),
            ids={_address(text): id_ for text, id_ in case.live.get("ids", {}).items()},
            unknown=frozenset(case.live.get("unknown", ())),
            version=server["version"],
        ),
    )
    return make_plan(fleet, reading, consent=Consent())


def _fleet(case: Case, folder: Path, environment: str | None = None) -> Fleet:
    def read_csv(asking: Source, name: str) -> Source:
        made = case.live.get("generate", {}).get((folder / name).relative_to(case.folder).as_posix())
        text = GENERATORS[made]() if made else (folder / name).read_text(encoding="utf-8")
        return Source(name, text, "csv")

    sources = [Source(path.name, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yaml"))]
    loaded = load(sources, environment=environment, read_csv=read_csv, read_text=read_csv)
    errors = [one for one in loaded.diagnostics if one.severity == "error"]
    assert loaded.fleet is not None, errors
    return loaded.fleet


def _inventory(case: Case) -> Inventory:
    live = case.live
    entities: dict[Address, Entity] = {}
    if live.get("applied"):
        fleet = _fleet(case, case.folder / "before")
        for number, wanted in enumerate(desire(fleet)):
            entities[wanted.address] = _as_applied(wanted, fleet.name, number)
    entities = _renamed(entities, {_address(text): new for text, new in live.get("renamed", {}).items()})
    for text, told in live.get("entities", {}).items():
        address = _address(text)
        entities[address] = _patched(entities.get(address) or _bare(address, len(entities)), told)
    for text in live.get("absent", ()):
        del entities[_address(text)]
    profiles = {
        Address(kind, name): Profile(Address(kind, name), id=f"profile-{name}")
        for kind, names in live.get("profiles", _USUAL_PROFILES).items()
        for name in names
    }
    return Inventory(entities, profiles, live.get("customers", {}))


def _object(told: Mapping[str, Any]) -> Live:
    sent = told.get("applied")
    return Live(
        Address(told["kind"], told["name"]),
        told["id"],
        told.get("version", 1),
        told.get("row", {}),
        tuple(told.get("details", ())),
        fields=told["fields"],
        owner=told.get("owner"),
        protect=told.get("protect", False),
        before_deletion=tuple(told.get("before", ())),
        applied=AppliedObject(told.get("appliedAs", told["name"]), 1, sent, sent)
        if sent is not None
        else None,
    )


def _renamed(entities: dict[Address, Entity], names: Mapping[Address, str]) -> dict[Address, Entity]:
    """Return the entities as they are after somebody renamed some of them on the server."""
    renamed: dict[Address, Entity] = {}
    for address, entity in entities.items():
        parents = tuple(names.get(Address("asset", name), name) for name in entity.parents)
        present = replace(entity, parents=parents)
        if address in names and entity.applied is not None:
            fields = {"name": address.name, **entity.applied.fields}
            own = Address(address.kind, names[address])
            applied = replace(entity.applied, fields=fields, id=entity.id)
            present = replace(present, address=own, applied=applied, body={"name": own.name})
        renamed[present.address] = present
    return renamed


_USUAL_PROFILES = {"assetProfile": ["Country", "State"], "deviceProfile": ["default", "IoT-Gateway"]}


def _as_applied(wanted: Entity, fleet: str, number: int) -> Entity:
    """Return what a complete apply leaves on the server, as a bulk read shows it."""
    return Entity(
        address=wanted.address,
        role=wanted.role,
        profile=wanted.profile,
        label=wanted.label,
        description=wanted.description,
        gateway=wanted.gateway,
        customer=wanted.customer,
        parents=wanted.parents,
        server=_untyped(wanted.server),
        shared=_untyped(wanted.shared),
        protect=wanted.protect,
        id=_id(number),
        version=1,
        body={"name": wanted.address.name},
        owner=fleet,
        created_by=fleet,
        applied=replace(record_of(wanted), token="5a17$0f" if wanted.credentials is not None else None),
    )


def _bare(address: Address, number: int) -> Entity:
    role: Role = "device" if address.kind == "device" else "state"
    profile = "default" if role == "device" else "State"
    return Entity(address, role, profile, id=_id(number), version=1, body={"name": address.name})


def _id(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012}"


def _patched(entity: Entity, told: Mapping[str, Any]) -> Entity:
    values = dict(told)
    typed = values.pop("typed", False)
    for scope in ("server", "shared"):
        if scope in values:
            given = values.pop(scope)
            merged = {**getattr(entity, scope), **(given if typed else _untyped(given))}
            values[scope] = {key: value for key, value in merged.items() if value is not None}
    if "parents" in values:
        values["parents"] = tuple(values["parents"])
    if values.get("applied"):
        values["applied"] = Applied(**values["applied"])
    return replace(entity, **values)


def _untyped(values: Mapping[str, Json]) -> dict[str, Json]:
    return {key: None if value is None else Untyped(_text(value)) for key, value in values.items()}


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _address(text: str) -> Address:
    kind, _, name = text.partition("/")
    match kind:
        case "asset" | "device" | "assetProfile" | "deviceProfile":
            return Address(kind, name)
    raise ValueError(f"{text} is no address")
