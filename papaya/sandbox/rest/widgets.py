"""Endpoints of widget types and of their bundles."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

from collections.abc import Callable
from functools import partial

from papaya.sandbox.gaps import tell_gap
from papaya.sandbox.refusal import BAD_REQUEST, GENERAL, Refusal, broken, forbidden, invalid, missing
from papaya.sandbox.rest.by_ids import asks_by_ids, by_ids
from papaya.sandbox.rest.call import Call, checked_id
from papaya.sandbox.rest.paging import PageLink, is_paged, order_by, page_reply, read_page_link
from papaya.sandbox.rest.reply import EMPTY, Reply, json_text, json_value
from papaya.sandbox.rest.routing import ADMINS, ANYONE, Route
from papaya.sandbox.store.entities import Entity, find, require
from papaya.sandbox.store.users import SYS_ADMIN
from papaya.sandbox.store.widgets import (
    BUNDLE,
    WIDGET,
    delete_widgets,
    find_by_fqn,
    info_of,
    save_bundle,
    save_widget,
    set_widgets,
    short_form,
    widgets_of,
)
from papaya.sandbox.wire import dumps

_IDS, _BUNDLE_ID, _TENANT = "widgetsBundleIds", "widgetsBundleId", "tenant."
_SORTS = {"createdTime": "e.created_time", "title": "e.name", "name": "e.name", "tenantId": "1"}


def _save_bundle(call: Call) -> Reply:
    _refuse_system(call)
    return json_text(save_bundle(call.core, call.json_object())[1])


def _save_widget(call: Call) -> Reply:
    _refuse_system(call)
    return json_text(save_widget(call.core, call.json_object())[1])


def _refuse_system(call: Call) -> None:
    if call.sender.authority == SYS_ADMIN:
        raise Refusal(501, GENERAL, tell_gap("widgets of the system", call.peer), by_advice=False)


def _own(call: Call, kind: str, identifier: str) -> Entity:
    """Return what belongs to the tenant; everybody in it may read it, but not the system administrator."""
    found = require(call.core, kind, identifier)
    if call.sender.authority == SYS_ADMIN:
        raise forbidden()
    return found


def _read(kind: str, call: Call) -> Reply:
    return json_text(_own(call, kind, call.identifier("id")).body)


def _read_info(call: Call) -> Reply:
    return json_value(info_of(call.core, _own(call, WIDGET, call.identifier("id"))))


def _delete(kind: str, call: Call) -> Reply:
    delete_widgets(call.core, _own(call, kind, call.identifier("id")))
    return EMPTY


def _rows(
    call: Call, kind: str, link: PageLink | None, condition: str = "1", *parameters: object
) -> list[Entity]:
    if call.sender.authority == SYS_ADMIN:
        # All that the sandbox has belongs to the tenant.
        return []
    pattern = "%" if link is None else link.pattern
    order = "ORDER BY e.number" if link is None else order_by(link, _SORTS)
    rows = call.core.store.rows(
        f"SELECT e.id FROM entity e WHERE e.kind = ? AND ilike(e.name, ?) AND {condition} {order}",
        (kind, pattern, *parameters),
    )
    return [require(call.core, kind, row[0]) for row in rows]


def _bundles(call: Call) -> Reply:
    if is_paged(call):
        link = read_page_link(call)
        return page_reply(link, [(each.body,) for each in _rows(call, BUNDLE, link)])
    # Versions before 4.3 do not look at ids, and answer with every bundle.
    return by_ids(BUNDLE, _IDS, call) if asks_by_ids(call, _IDS) else _all_bundles(call)


def _all_bundles(call: Call) -> Reply:
    return json_text(f"[{','.join(each.body for each in _rows(call, BUNDLE, None))}]")


def _bundles_by_ids(call: Call) -> Reply:
    return by_ids(BUNDLE, _IDS, call)


def _bundle(call: Call) -> Entity:
    identifier = call.parameters.get("id") or call.required(_BUNDLE_ID)
    return _own(call, BUNDLE, checked_id(identifier))


def _widgets(call: Call) -> Reply:
    """Answer with a page of widget types, or with those of one bundle."""
    if is_paged(call):
        link = read_page_link(call)
        wanted = [each for text in call.query.get("widgetTypeList", ()) for each in text.split(",") if each]
        condition = "(?3 = '[]' OR e.type IN (SELECT value FROM json_each(?3)))"
        found = _rows(call, WIDGET, link, condition, dumps(wanted))
        return page_reply(link, [(dumps(info_of(call.core, each)),) for each in found])
    if _BUNDLE_ID not in call.query:
        raise _unmet(call, '"pageSize, page" OR "isSystem, bundleAlias" OR "widgetsBundleId"')
    return _of_bundle(call)


def _widgets_in(call: Call) -> list[Entity]:
    """Return the widget types of a bundle; for the server, an unknown bundle is an empty one."""
    named = call.parameters.get("id") or call.required(_BUNDLE_ID)
    bundle = find(call.core, BUNDLE, checked_id(named))
    return [] if bundle is None else widgets_of(call.core, bundle)


def _of_bundle(call: Call) -> Reply:
    return json_value([short_form(each) for each in _widgets_in(call)])


def _details_of_bundle(call: Call) -> Reply:
    return json_text(f"[{','.join(each.body for each in _widgets_in(call))}]")


def _names_of_bundle(call: Call) -> Reply:
    return json_value([each.json["fqn"] for each in _widgets_in(call)])


def _infos_of_bundle(call: Call) -> Reply:
    link = read_page_link(call)
    found = [info_of(call.core, each) for each in _widgets_in(call)]
    return page_reply(link, [(dumps(each),) for each in found])


def _by_name(call: Call) -> Reply:
    fqn = call.argument("fqn")
    if fqn is None:
        raise _unmet(call, '"isSystem, bundleAlias, alias" OR "fqn"')
    if not fqn.startswith((_TENANT, "system.")):
        raise invalid("Invalid fqn!")
    is_own = fqn.startswith(_TENANT) and call.sender.authority != SYS_ADMIN
    found = find_by_fqn(call.core, fqn.removeprefix(_TENANT)) if is_own else None
    if found is None:
        raise missing()
    return json_value(short_form(found))


def _unmet(call: Call, conditions: str) -> Refusal:
    given = ", ".join(f"{name}={{{', '.join(values)}}}" for name, values in call.query.items())
    message = f"Parameter conditions {conditions} not met for actual request parameters: {given}"
    return Refusal(400, BAD_REQUEST, message, by_advice=False)


def _texts(call: Call) -> list[str]:
    wanted = call.json()
    if not isinstance(wanted, list):
        raise broken("JSON parse error: Cannot deserialize value of type `java.util.ArrayList`")
    return [str(each) for each in wanted]


def _set_widgets(call: Call) -> Reply:
    # Entries that are not widgets are skipped silently.
    bundle = _bundle(call)
    found = [find(call.core, WIDGET, checked_id(each)) for each in _texts(call)]
    set_widgets(call.core, bundle, [each.id for each in found if each is not None])
    return EMPTY


def _set_names(call: Call) -> Reply:
    bundle = _bundle(call)
    found = [find_by_fqn(call.core, each) for each in _texts(call)]
    set_widgets(call.core, bundle, [each.id for each in found if each is not None])
    return EMPTY


_admins: Callable[..., Route] = partial(Route, authorities=ADMINS)
_anyone: Callable[..., Route] = partial(Route, authorities=ANYONE)
ROUTES = (
    _admins("POST", "/api/widgetsBundle", _save_bundle),
    _anyone("GET", "/api/widgetsBundle/{id}", partial(_read, BUNDLE)),
    _admins("DELETE", "/api/widgetsBundle/{id}", partial(_delete, BUNDLE)),
    _admins("POST", "/api/widgetsBundle/{id}/widgetTypes", _set_widgets),
    _admins("POST", "/api/widgetsBundle/{id}/widgetTypeFqns", _set_names),
    _anyone("GET", "/api/widgetsBundles", _bundles),
    _admins("POST", "/api/widgetType", _save_widget),
    _admins("GET", "/api/widgetType/{id}", partial(_read, WIDGET)),
    _admins("GET", "/api/widgetTypeInfo/{id}", _read_info),
    _admins("DELETE", "/api/widgetType/{id}", partial(_delete, WIDGET)),
    _anyone("GET", "/api/widgetType", _by_name),
    _anyone("GET", "/api/widgetTypes", _widgets),
    _anyone("GET", "/api/widgetTypesDetails", _details_of_bundle),
    _admins("GET", "/api/widgetTypeFqns", _names_of_bundle),
    _anyone("GET", "/api/widgetTypesInfos", _infos_of_bundle),
)
LIST_ROUTES = (
    _anyone("GET", "/api/widgetsBundles/all", _all_bundles),
    _anyone("GET", "/api/widgetsBundles/list", _bundles_by_ids),
    _anyone("GET", "/api/widgetsBundle/{id}/widgetTypes", _of_bundle),
)
