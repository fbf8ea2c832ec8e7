"""Endpoints that assets and devices share."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

from functools import partial

from papaya.sandbox.devices.children import tell_deleted, tell_renamed
from papaya.sandbox.query.pages import page_text
from papaya.sandbox.refusal import Refusal, forbidden, invalid, missing
from papaya.sandbox.rest.access import readable, writable
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.paging import is_paged, order_by, read_page_link
from papaya.sandbox.rest.reply import EMPTY, Reply, json_text
from papaya.sandbox.rest.routing import TENANT, TENANT_OR_CUSTOMER, Route
from papaya.sandbox.rest.shapes import body_of
from papaya.sandbox.store.attributes import SERVER_SCOPE
from papaya.sandbox.store.calculated_fields import delete_fields_of, is_referenced
from papaya.sandbox.store.customers import public_customer
from papaya.sandbox.store.entities import Entity, delete, find, find_by_name, require
from papaya.sandbox.store.entity_views import views_of
from papaya.sandbox.store.naming import REFUSE_CONFLICTS, NameConflict
from papaya.sandbox.store.profiled import PROFILE_FIELDS, Saved, save_profiled
from papaya.sandbox.store.relations import SearchParameters, read_parameters, search
from papaya.sandbox.store.users import CUSTOMER_USER, may_read
from papaya.sandbox.wire import dumps, quote

_SORTS = {
    "id": "e.id",
    "createdTime": "e.created_time",
    "name": "e.name",
    "type": "e.type",
    "label": "e.label",
    "assetProfileName": "e.type",
    "deviceProfileName": "e.type",
    "customerTitle": "c.name",
    "active": "coalesce(a.value, 0)",
}
_SEARCHED = {
    ("ASSET", False): ("e.name", "e.label", "e.type"),
    ("ASSET", True): ("e.name", "e.label", "e.type", "c.name"),
    ("DEVICE", False): ("e.name", "e.label"),
    ("DEVICE", True): ("e.name", "e.label", "e.type", "c.name"),
}
# What an info adds to the object, as JSON text that replaces the object's closing brace.
_INFO = (
    "json_quote(c.name), coalesce(json_extract(c.additional_info, '$.isPublic'), 0),"
    " json_quote(e.type), coalesce(a.value, 0)"
)
_INFO_JOINS = (
    " LEFT JOIN entity c ON c.id = e.customer_id"
    f" LEFT JOIN attribute a ON a.number = e.number AND a.scope = {SERVER_SCOPE} AND a.key = 'active'"
)


def read_conflict(call: Call) -> NameConflict:
    """Return the name conflict policy of a request; versions before 4.3 have none."""
    if not call.core.dialect.name_conflict_policy:
        return REFUSE_CONFLICTS
    policy = _chosen(call, "nameConflictPolicy", "NameConflictPolicy", ("FAIL", "UNIQUIFY"))
    strategy = _chosen(call, "uniquifyStrategy", "UniquifyStrategy", ("RANDOM", "INCREMENTAL"))
    if policy != "UNIQUIFY":
        return REFUSE_CONFLICTS
    return NameConflict(
        uniquify=True,
        separator=call.argument("uniquifySeparator") or "_",
        incremental=strategy == "INCREMENTAL",
    )


def _chosen(call: Call, name: str, type_name: str, known: tuple[str, ...]) -> str:
    value = call.argument(name) or known[0]
    if value in known:
        return value
    raise unknown_constant(name, type_name, value)


def unknown_constant(
    name: str, type_name: str, value: str, *, required: str = "", is_hidden: bool = False
) -> Refusal:
    """Return the refusal of a query parameter that names no member of an enumeration.

    `required` is the type of a parameter that holds several values. Hidden endpoints do not describe their
    parameters.
    """
    target = f"org.thingsboard.server.common.data.{type_name}"
    described = "" if is_hidden else "@io.swagger.v3.oas.annotations.Parameter "
    return invalid(
        f"Method parameter '{name}': Failed to convert value of type 'java.lang.String' to required type "
        f"'{required or target}'; Failed to convert from type [java.lang.String] to type "
        f"[{described}@org.springframework.web.bind.annotation.RequestParam {target}] for value [{value}]"
    )


def save_from(call: Call, kind: str, body: dict[str, object]) -> Saved:
    """Save what a request sent, if its sender may."""
    if call.sender.authority == CUSTOMER_USER:
        raise forbidden()
    saved = save_profiled(call.core, kind, body, read_conflict(call))
    if kind == "DEVICE" and saved.old_name not in (None, saved.entity.name):
        tell_renamed(call.core, saved.entity, str(saved.old_name))
    return saved


def _save_asset(call: Call) -> Reply:
    return json_text(save_from(call, "ASSET", body_of(call, "ASSET")).answer)


def _read(kind: str, call: Call) -> Reply:
    return json_text(readable(call, kind, call.identifier("id")).body)


def _read_info(kind: str, call: Call) -> Reply:
    entity = readable(call, kind, call.identifier("id"))
    row = call.core.store.connection.execute(
        f"SELECT e.body, {_INFO} FROM entity e{_INFO_JOINS} WHERE e.number = ?",
        (entity.number,),
    ).fetchone()
    return json_text(_info_text(kind, *row))


def _info_text(kind: str, body: str, title: str, public: int, profile: str, active: int) -> str:
    tail = f'"active":{"true" if active else "false"}}}' if kind == "DEVICE" else ""
    name = f'"{kind.lower()}ProfileName":{profile}{"," if tail else "}"}'
    is_public = "true" if public else "false"
    return f'{body[:-1]},"customerTitle":{title},"customerIsPublic":{is_public},{name}{tail}'


def _delete(kind: str, call: Call) -> Reply:
    entity = writable(call, kind, call.identifier("id"))
    if views_of(call.core, entity) or is_referenced(call.core, entity):
        one = kind.lower()
        raise invalid(f"Can't delete {one} that has entity views or is referenced in calculated fields!")
    delete_fields_of(call.core, entity)
    delete(call.core, entity)
    call.core.rules.forget_member(entity.number)
    if kind == "DEVICE":
        call.core.store.connection.execute("DELETE FROM credentials WHERE device = ?", (entity.number,))
        call.core.store.after_commit(partial(call.core.live.forget, entity.number))
        tell_deleted(call.core, entity)
    return EMPTY


def _list(kind: str, call: Call) -> Reply:
    name = call.argument(f"{kind.lower()}Name")
    if name is not None and not is_paged(call):
        return _by_name(kind, call)
    return _page(kind, False, None, call)


def _by_name(kind: str, call: Call) -> Reply:
    found = find_by_name(call.core, kind, call.required(f"{kind.lower()}Name"))
    if found is None:
        raise missing()
    return json_text(found.body)


def _infos(kind: str, call: Call) -> Reply:
    return _page(kind, True, None, call)


def _of_customer(kind: str, infos: bool, call: Call) -> Reply:
    customer = call.identifier("customerId")
    readable(call, "CUSTOMER", customer)
    return _page(kind, infos, customer, call)


def _page(kind: str, infos: bool, customer: str | None, call: Call) -> Reply:
    link = read_page_link(call)
    where: list[str] = ["e.kind = ?"]
    parameters: list[object] = [kind]
    for condition, value in (
        ("e.type = ?", call.argument("type")),
        ("e.profile_id = ?", call.argument(PROFILE_FIELDS[kind]) if infos else None),
        ("e.customer_id = ?", customer),
    ):
        if value is not None:
            where.append(condition)
            parameters.append(value)
    active = call.first("active") if infos and kind == "DEVICE" else None
    if active is not None:
        where.append("coalesce(a.value, 0) = ?")
        parameters.append(active.lower() == "true")
    if link.text_search is not None:
        columns = _SEARCHED[kind, infos]
        where.append("(" + " OR ".join(f"ilike({column}, ?)" for column in columns) + ")")
        parameters += [link.pattern] * len(columns)
    joined = _INFO_JOINS if infos else ""
    source = f"FROM entity e{joined} WHERE {' AND '.join(where)}"
    selected = f"e.body, {_INFO}" if infos else "e.body"
    rows = call.core.store.rows(
        f"SELECT {selected} {source} {order_by(link, _SORTS, ('name',))} LIMIT ? OFFSET ?",
        (*parameters, link.size, link.offset),
    )
    total = link.offset + len(rows)
    if len(rows) == link.size or (not rows and link.number):
        total = call.core.store.rows(f"SELECT count(*) {source}", tuple(parameters))[0][0]
    items = [_info_text(kind, *row) if infos else row[0] for row in rows]
    return json_text(page_text(items, total, link.size, link.number))


def _by_ids(kind: str, call: Call) -> Reply:
    identifiers = call.required(f"{kind.lower()}Ids").split(",")
    rows = call.core.store.rows(
        "SELECT body, customer_id FROM entity WHERE kind = ?"
        " AND id IN (SELECT value FROM json_each(?)) ORDER BY number",
        (kind, dumps([identifier.lower() for identifier in identifiers])),
    )
    sender = call.sender
    seen = [str(row[0]) for row in rows if sender.authority != CUSTOMER_USER or row[1] == sender.customer_id]
    return json_text(f"[{','.join(seen)}]")


def by_relation(kind: str, types_key: str, call: Call) -> Reply:
    """Return the objects of a kind that a search along relations reaches; `types_key` narrows them."""
    body = call.json_object()
    parameters: SearchParameters = read_parameters(body.get("parameters"))
    readable(call, parameters.root_kind, parameters.root_id)
    relation_type, types = body.get("relationType"), body.get(types_key) or []
    found: dict[str, Entity] = {}
    for relation in search(call.core, parameters):
        if relation_type and relation.type != relation_type:
            continue
        end = relation.target if parameters.outward else relation.source
        if end[0] != kind or end[1] in found:
            continue
        entity = find(call.core, kind, end[1])
        if entity is None or (types and entity.type not in types):
            continue
        if may_read(call.sender, entity):
            found[entity.id] = entity
    return json_text(f"[{','.join(entity.body for entity in found.values())}]")


def _assign(kind: str, call: Call) -> Reply:
    customer = require(call.core, "CUSTOMER", call.identifier("customerId"))
    entity = writable(call, kind, call.identifier("id"))
    return _with_customer(call, entity, {"entityType": "CUSTOMER", "id": customer.id})


def _publish(kind: str, call: Call) -> Reply:
    entity, public = writable(call, kind, call.identifier("id")), public_customer(call.core)
    return _with_customer(call, entity, {"entityType": "CUSTOMER", "id": public.id})


def _unassign(kind: str, call: Call) -> Reply:
    entity = writable(call, kind, call.identifier("id"))
    if entity.customer_id is None:
        raise invalid(f"{entity.kind.capitalize()} isn't assigned to any customer!")
    return _with_customer(call, entity, None)


def _with_customer(call: Call, entity: Entity, customer: dict[str, str] | None) -> Reply:
    if customer is not None and entity.customer_id == customer["id"]:
        return json_text(entity.body)
    saved = save_profiled(call.core, entity.kind, {**entity.json, "customerId": customer})
    return json_text(saved.entity.body)


def _types(kind: str, call: Call) -> Reply:
    rows = call.core.store.rows(
        "SELECT DISTINCT type FROM entity WHERE kind = ? AND type IS NOT NULL ORDER BY type", (kind,)
    )
    tenant = dumps({"entityType": "TENANT", "id": call.core.tenant_id})
    items = (f'{{"tenantId":{tenant},"entityType":"{kind}","type":{quote(str(row[0]))}}}' for row in rows)
    return json_text(f"[{','.join(items)}]")


def _routes(kind: str) -> tuple[Route, ...]:
    one, many = kind.lower(), f"{kind.lower()}s"
    return (
        Route("GET", f"/api/{one}/{{id}}", partial(_read, kind), TENANT_OR_CUSTOMER),
        Route("DELETE", f"/api/{one}/{{id}}", partial(_delete, kind), TENANT),
        Route("GET", f"/api/{one}/info/{{id}}", partial(_read_info, kind), TENANT_OR_CUSTOMER),
        Route("GET", f"/api/tenant/{many}", partial(_list, kind), TENANT),
        Route("GET", f"/api/tenant/{one}Infos", partial(_infos, kind), TENANT),
        Route("GET", f"/api/customer/{{customerId}}/{many}", partial(_of_customer, kind, False)),
        Route("GET", f"/api/customer/{{customerId}}/{one}Infos", partial(_of_customer, kind, True)),
        Route("GET", f"/api/{many}", partial(_by_ids, kind)),
        Route("POST", f"/api/{many}", partial(by_relation, kind, f"{one}Types")),
        Route("POST", f"/api/customer/{{customerId}}/{one}/{{id}}", partial(_assign, kind), TENANT),
        Route("POST", f"/api/customer/public/{one}/{{id}}", partial(_publish, kind), TENANT),
        Route("DELETE", f"/api/customer/{one}/{{id}}", partial(_unassign, kind), TENANT),
        Route("GET", f"/api/{one}/types", partial(_types, kind)),
    )


ROUTES = (Route("POST", "/api/asset", _save_asset), *_routes("ASSET"), *_routes("DEVICE"))
SHORT_ROUTES = (
    Route("GET", "/api/tenant/asset", partial(_by_name, "ASSET"), TENANT),
    Route("GET", "/api/tenant/device", partial(_by_name, "DEVICE"), TENANT),
)
