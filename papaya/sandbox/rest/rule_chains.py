"""Endpoints of rule chains."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

from functools import partial

from papaya.sandbox.refusal import Refusal, broken, invalid, missing
from papaya.sandbox.rest.by_ids import asks_by_ids, by_ids
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.paging import order_by, page_reply, read_page_link
from papaya.sandbox.rest.reply import EMPTY, Reply, json_text, json_value
from papaya.sandbox.rest.routing import ADMINS, TENANT, Route
from papaya.sandbox.rest.shapes import body_of
from papaya.sandbox.store.components import TYPES, components
from papaya.sandbox.store.entities import require
from papaya.sandbox.store.rule_chains import (
    RULE_CHAIN,
    add_from_template,
    delete_chain,
    export_chains,
    import_chains,
    label_usage,
    make_root,
    metadata_of,
    save_chain,
    save_metadata,
)
from papaya.sandbox.store.rule_nodes import CHAIN_OUTPUT
from papaya.sandbox.wire import MOST_INT, whole_number

_IDS = "ruleChainIds"
_SORTS = {"createdTime": "e.created_time", "name": "e.name", "root": "json_extract(e.body, '$.root')"}


def _save(call: Call) -> Reply:
    return json_text(save_chain(call.core, body_of(call, RULE_CHAIN))[1])


def _read(call: Call) -> Reply:
    return json_text(require(call.core, RULE_CHAIN, call.identifier("id")).body)


def _delete(call: Call) -> Reply:
    delete_chain(call.core, call.identifier("id"))
    return EMPTY


def _metadata(call: Call) -> Reply:
    return json_value(metadata_of(call.core, require(call.core, RULE_CHAIN, call.identifier("id"))))


def _save_metadata(call: Call) -> Reply:
    return json_value(metadata_of(call.core, save_metadata(call.core, call.json_object())))


def _make_root(call: Call) -> Reply:
    chain = require(call.core, RULE_CHAIN, call.identifier("id"))
    return json_text(make_root(call.core, chain).body)


def _from_template(call: Call) -> Reply:
    name = call.json_object().get("name")
    named = name if isinstance(name, str) and name.strip() else "Device Profile Rule Chain Template"
    return json_text(add_from_template(call.core, named))


def _components(call: Call) -> Reply:
    told = call.argument("componentTypes")
    version = call.core.dialect.version
    if told is None:
        if version.startswith("4.0."):
            given = 'Parameter conditions "componentTypes" not met for actual request parameters: '
            raise invalid(given)
        name = "Required request parameter 'componentTypes' for method parameter type String[]"
        raise broken(f"{name} is not present")
    return _of_types(call, tuple(told.split(",")))


def _components_of(call: Call) -> Reply:
    return _of_types(call, (call.parameters["type"],))


def _component(call: Call) -> Reply:
    version, clazz = call.core.dialect.version, call.parameters["clazz"]
    for chain_type in ("CORE", "EDGE"):
        for each in components(version, TYPES, chain_type):
            if each["clazz"] == clazz:
                return json_value(each)
    raise missing()


def _of_types(call: Call, types: tuple[str, ...]) -> Reply:
    for type_ in types:
        if type_ not in TYPES:
            raise invalid(f"No enum constant org.thingsboard.server.common.data.plugin.ComponentType.{type_}")
    return json_value(list(components(call.core.dialect.version, types, _chain_type(call, "ruleChainType"))))


def _chain_type(call: Call, key: str) -> str:
    kind = call.argument(key) or "CORE"
    if kind not in ("CORE", "EDGE"):
        raise invalid(f"No enum constant org.thingsboard.server.common.data.rule.RuleChainType.{kind}")
    return kind


def _page(call: Call) -> Reply:
    if asks_by_ids(call, _IDS):
        return by_ids(RULE_CHAIN, _IDS, call)
    link = read_page_link(call)
    kind = _chain_type(call, "type")
    rows = call.core.store.rows(
        "SELECT e.body FROM entity e WHERE e.kind = ? AND e.type = ? AND ilike(e.name, ?) "
        + order_by(link, _SORTS),
        (RULE_CHAIN, kind, link.pattern),
    )
    return page_reply(link, rows)


def _export(call: Call) -> Reply:
    limit, dialect = call.argument("limit"), call.core.dialect
    if limit is None:
        message = dialect.missing_page_message.replace("pageSize, page", "limit").replace("pageSize", "limit")
        raise Refusal(*dialect.missing_page, message, by_advice=dialect.missing_page_by_advice)
    try:
        most = whole_number(limit, most=MOST_INT)
    except ValueError as error:
        raise Refusal(
            *dialect.bad_enum,
            "Method parameter 'limit': Failed to convert value of type 'java.lang.String' to required type "
            f"'int'; {error}",
        ) from error
    return json_value(export_chains(call.core, max(0, most)))


def _import(call: Call) -> Reply:
    return json_value(import_chains(call.core, call.json_object(), overwrite=call.flag("overwrite")))


def _labels(call: Call) -> Reply:
    chain = require(call.core, RULE_CHAIN, call.identifier("id"))
    nodes = metadata_of(call.core, chain)["nodes"]
    return json_value(sorted({node["name"] for node in nodes if node["type"] == CHAIN_OUTPUT}))


def _label_usage(call: Call) -> Reply:
    """Return where other chains use the labels of this one's output nodes."""
    chain = require(call.core, RULE_CHAIN, call.identifier("id"))
    return json_value(label_usage(call.core, chain))


ROUTES = (
    Route("POST", "/api/ruleChain", _save, TENANT),
    Route("POST", "/api/ruleChain/metadata", _save_metadata, TENANT),
    Route("POST", "/api/ruleChain/device/default", _from_template, TENANT),
    Route("POST", "/api/ruleChain/{id}/root", _make_root, TENANT),
    Route("GET", "/api/ruleChain/{id}", _read, TENANT),
    Route("GET", "/api/ruleChain/{id}/metadata", _metadata, TENANT),
    Route("GET", "/api/ruleChain/{id}/output/labels", _labels, TENANT),
    Route("GET", "/api/ruleChain/{id}/output/labels/usage", _label_usage, TENANT),
    Route("DELETE", "/api/ruleChain/{id}", _delete, TENANT),
    Route("GET", "/api/ruleChains", _page, TENANT),
    Route("GET", "/api/ruleChains/export", _export, TENANT),
    Route("POST", "/api/ruleChains/import", _import, TENANT),
    Route("GET", "/api/components", _components, ADMINS),
    Route("GET", "/api/components/{type}", _components_of, ADMINS),
    Route("GET", "/api/component/{clazz}", _component, ADMINS),
)
LIST_ROUTES = (Route("GET", "/api/ruleChains/list", partial(by_ids, RULE_CHAIN, _IDS), TENANT),)
