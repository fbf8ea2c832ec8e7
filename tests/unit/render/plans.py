"""Plans for tests: small ones by hand, any kind by hypothesis, big ones by number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hypothesis import strategies as st

from papaya.diagnostics import Mark
from papaya.engine.address import Address, Kind, Role
from papaya.engine.canonical import Untyped
from papaya.engine.inventory import Applied, Entity, Profile
from papaya.engine.plan import (
    Action,
    Change,
    FieldChange,
    Note,
    Plan,
    ProfileChange,
    Refusal,
    Requests,
    ServerIdentity,
    WayOut,
    Writes,
)
from papaya.manifest.model import Json, SecretReference

SERVER = ServerIdentity("https://tb.example.com", "4.3.1.3", "CE", "tenant")
NASTY = (
    "\x1b[31mred\x1b[0m",
    "a\nb",
    "\u202egpj.exe",
    "停車計測器" * 9,
    "x" * 255,
    "",
    " ",
    "e\u0301" * 40,
    "/*\\",
)

ROLES: tuple[Role, ...] = ("country", "state", "device", "device", "device")
ACTIONS: tuple[Action, ...] = ("create", "update", "update", "destroy", "forget")

names = st.one_of(
    st.from_regex(r"\A[A-Z]{2}-[0-9]{1,5}\Z"),
    st.text(min_size=1, max_size=30),
    st.sampled_from([name for name in NASTY if name]),
)
texts = st.one_of(st.text(max_size=20), st.sampled_from(NASTY))
scalars: st.SearchStrategy[Json] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
)
values: st.SearchStrategy[Json] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=4,
)
marks = st.builds(Mark, texts, st.integers(0, 9999), st.integers(0, 99))
references = st.one_of(
    st.builds(SecretReference, env=names, mark=st.none() | marks),
    st.builds(SecretReference, file=names, mark=st.none() | marks),
)
_PLAIN = [
    "accessToken",
    "customer",
    "description",
    "gateway",
    "label",
    "location",
    "name",
    "parent",
    "profile",
]
_OTHERS = ["attributes", "protect", "record", "sensors", "serial", "sharedAttributes", "tunnel"]
fields = st.builds(FieldChange, st.sampled_from(_PLAIN + _OTHERS), values, values, key=texts, part=texts)
maps = st.dictionaries(texts, values, max_size=3)
live_maps = st.dictionaries(texts, st.one_of(values, st.builds(Untyped, texts)), max_size=3)
writes = st.builds(
    Writes,
    save=st.booleans(),
    set_server=maps,
    set_shared=maps,
    delete_server=st.tuples(texts),
    credentials=st.sampled_from(["keep", "replace"]),
    relate=st.tuples(names),
    record=st.booleans(),
    aside=st.booleans(),
)


@st.composite
def changes(draw: st.DrawFn) -> Change:
    """Draw a change of any kind, with names that nobody should use."""
    role: Role = draw(st.sampled_from(ROLES))
    depth = {"country": 1, "state": 2, "device": 3}[role]
    kind: Kind = "device" if role == "device" else "asset"
    path = tuple(draw(st.lists(names, min_size=depth, max_size=depth)))
    action: Action = draw(st.sampled_from(ACTIONS))
    address = Address(kind, path[-1])
    desired = Entity(
        address,
        role,
        draw(names),
        label=draw(st.none() | texts),
        server=draw(maps),
        shared=draw(maps),
        protect=draw(st.booleans()),
        credentials=draw(st.none() | references),
        path=path,
        model=draw(st.none() | names),
        sensor_sets=draw(st.tuples(names)),
        finds_itself=draw(st.booleans()),
        mark=draw(st.none() | marks),
    )
    live = Entity(
        Address(kind, draw(names)),
        role,
        draw(names),
        server=draw(live_maps),
        shared=draw(live_maps),
        id="id",
        version=draw(st.none() | st.integers(0, 9)),
        body=draw(st.none() | st.fixed_dictionaries({"name": texts})),
        owner=draw(st.none() | names),
        created_by=draw(st.none() | names),
        online=draw(st.none() | st.booleans()),
        last_active=draw(st.none() | st.integers(-(2**62), 2**62)),
        parents=draw(st.tuples(names)),
        applied=draw(st.none() | st.builds(Applied, maps, maps, maps, st.none() | texts)),
    )
    is_update = action == "update"
    return Change(
        action,
        address,
        role,
        path,
        fields=tuple(draw(st.lists(fields, max_size=5))) if action in ("create", "update") else (),
        writes=draw(writes) if action in ("create", "update") else Writes(),
        desired=desired if action in ("create", "update") else None,
        live=live if action != "create" else None,
        adopts=draw(st.booleans()) if is_update else False,
        moved_from=draw(st.none() | names) if is_update else None,
        renamed_from=draw(st.none() | names) if is_update else None,
        reason=draw(texts),
        notes=draw(st.tuples(texts)),
    )


profile_changes = st.builds(
    ProfileChange, st.builds(Profile, st.builds(Address, st.just("deviceProfile"), names))
)
refusals = st.builds(
    Refusal,
    st.sampled_from(["owner", "destroy", "token-change", "rename"]),
    texts,
    st.tuples(st.builds(WayOut, texts, texts)),
    st.none() | marks,
    st.tuples(st.builds(Address, st.just("device"), names)),
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Draw a plan of up to forty changes, some of them alike."""
    drawn = draw(st.lists(changes(), max_size=4))
    return Plan(
        fleet=draw(names),
        server=ServerIdentity(draw(names), draw(names), draw(texts), draw(texts)),
        manifest_digest="digest",
        environment=draw(st.none() | names),
        profiles=tuple(draw(st.lists(profile_changes, max_size=2))),
        changes=(*drawn, *draw(alike())),
        refusals=tuple(draw(st.lists(refusals, max_size=6))),
        questions=tuple(draw(st.lists(refusals, max_size=1))),
        notes=tuple(draw(st.lists(st.builds(Note, texts, texts), max_size=4))),
        totals={"device": draw(st.integers(0, 10**6))},
        requests=Requests(draw(st.integers(0, 10**6)), draw(st.integers(0, 10**6))),
        ids={Address("asset", draw(names)): "id"},
        places={Address("asset", draw(names)): "id"},
        customer_ids={draw(names): "id"},
    )


@st.composite
def alike(draw: st.DrawFn) -> tuple[Change, ...]:
    """Draw devices of one State that are created, moved, adopted or changed in the same fields."""
    prefix, size = draw(names), draw(st.integers(0, 25))
    shared = tuple(draw(st.lists(fields, max_size=3)))
    own = draw(st.booleans())
    return tuple(
        changed(f"{prefix}{number}", (*shared, *((FieldChange("label", None, f"l{number}"),) if own else ())))
        for number in range(size)
    )


def created(
    name: str, *, state: str = "Karnataka", fields: Iterable[FieldChange] = (), **more: object
) -> Change:
    """Return the creation of a device."""
    address, path = Address("device", name), ("INDIA", state, name)
    desired = Entity(address, "device", "IoT-Gateway", path=path, **more)  # type: ignore[arg-type]
    return Change("create", address, "device", path, tuple(fields), Writes(save=True), desired=desired)


def changed(name: str, fields: Iterable[FieldChange], *, state: str = "Karnataka", **more: object) -> Change:
    """Return the update of a device; `more` are members of the change."""
    address, path = Address("device", name), ("INDIA", state, name)
    return Change(
        "update", address, "device", path, tuple(fields), Writes(record=True),
        Entity(address, "device", path=path), Entity(address, "device", id="id", owner="meters"), **more,  # type: ignore[arg-type]
    )  # fmt: skip


def destroyed(name: str, *, state: str = "Karnataka", online: bool | None = None) -> Change:
    """Return the destruction of a device."""
    address, path = Address("device", name), ("INDIA", state, name)
    live = Entity(address, "device", id="id", online=online)
    return Change("destroy", address, "device", path, live=live, reason="no longer in the manifest")


def plan(*changes: Change, **more: object) -> Plan:
    """Return a plan of these changes."""
    return Plan("meters", SERVER, "digest", changes=changes, **more)  # type: ignore[arg-type]


def sensors(*keys: str) -> Json:
    """Return the value of the attribute that tells a device its sensors."""
    told: list[Mapping[str, Json]] = [{"key": key, "unit": "cm"} for key in keys]
    return [dict(one) for one in told]
