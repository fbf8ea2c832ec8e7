"""Bulk import of assets and devices from CSV text."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from papaya.sandbox.devices.creation import equip
from papaya.sandbox.refusal import Refusal, broken
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.reply import Reply, json_value
from papaya.sandbox.rest.routing import TENANT, Route
from papaya.sandbox.store.attributes import SERVER_SCOPE, SHARED_SCOPE, store_attributes
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.credentials import (
    ACCESS_TOKEN,
    MQTT_BASIC,
    X509,
    find_credentials,
    fresh_token,
    update_credentials,
)
from papaya.sandbox.store.entities import Entity, find_by_name
from papaya.sandbox.store.profiled import PROFILE_FIELDS, Saved, save_profiled
from papaya.sandbox.store.series import Entry, store_series
from papaya.sandbox.store.values import Typed, cast_csv, cast_text
from papaya.sandbox.wire import dumps

_SCOPES = {"SERVER_ATTRIBUTE": SERVER_SCOPE, "SHARED_ATTRIBUTE": SHARED_SCOPE}
_KEYED = (*_SCOPES, "TIMESERIES")
_MQTT = {"MQTT_CLIENT_ID": "clientId", "MQTT_USER_NAME": "userName", "MQTT_PASSWORD": "password"}
_NAMELESS = (
    "DeviceCredentialsValidationException: Invalid device credentials: Cannot invoke "
    '"org.thingsboard.server.common.data.security.DeviceCredentials.getCredentialsType()" '
    'because "deviceCredentials" is null'
)


@dataclass(slots=True)
class _Row:
    line: int
    fields: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, Typed]] = field(default_factory=dict)


def _rows(core: Core, text: str, mapping: dict[str, Any]) -> list[_Row]:
    """Return the rows that have cells; empty cells are skipped."""
    columns = mapping["columns"]
    lines = [line for line in csv.reader(io.StringIO(text), delimiter=mapping["delimiter"]) if line]
    first = 1 if mapping["header"] else 0
    rows = []
    for position, cells in enumerate(lines[first:], first + 1):
        row = _Row(position)
        for index, cell in enumerate(cells):
            if index >= len(columns):
                raise broken(f"Index {index} out of bounds for length {len(columns)}")
            kind, key = columns[index].get("type"), columns[index].get("key")
            if not cell:
                continue
            if kind not in _KEYED:
                row.fields[kind] = cell
            elif key:
                typed = cast_csv(cell, with_json=core.dialect.casts_attributes)
                row.values.setdefault(kind, {})[key] = cast_text(cell) if typed[0] == "s" else typed
        rows.append(row)
    return rows


def _import(kind: str, call: Call) -> Reply:
    request = call.json_object()
    mapping = request.get("mapping")
    if not isinstance(mapping, dict) or {"columns", "delimiter", "header", "update"} - mapping.keys():
        raise broken('Cannot invoke "BulkImportRequest$Mapping.getDelimiter()" because a field is null')
    created, updated, faults = 0, 0, []
    for row in _rows(call.core, str(request.get("file") or ""), mapping):
        try:
            with call.core.store.savepoint():
                saved = _save(call.core, kind, row)
                if saved.created or mapping["update"] is True:
                    _store_values(call.core, saved.entity, row)
        except Refusal as refusal:
            faults.append(f"Line {row.line}: {refusal.message}")
            continue
        created += saved.created
        updated += not saved.created
    return json_value({"created": created, "updated": updated, "errors": len(faults), "errorsList": faults})


def _save(core: Core, kind: str, row: _Row) -> Saved:
    name = row.fields.get("NAME")
    if name is None and kind == "DEVICE" and "ACCESS_TOKEN" not in row.fields:
        raise broken(_NAMELESS)
    old = None if name is None else find_by_name(core, kind, name)
    body: dict[str, Any] = {} if old is None else old.json
    # The import overwrites whatever others changed meanwhile, and finds the profile by its name.
    body["version"] = None
    body.pop(PROFILE_FIELDS[kind], None)
    info = body.get("additionalInfo")
    info = dict(info) if isinstance(info, dict) else {}
    for column, target in (("NAME", "name"), ("TYPE", "type"), ("LABEL", "label")):
        if column in row.fields:
            body[target] = row.fields[column]
    if "DESCRIPTION" in row.fields:
        info["description"] = row.fields["DESCRIPTION"]
    if "IS_GATEWAY" in row.fields:
        info["gateway"] = row.fields["IS_GATEWAY"].lower() == "true"
    try:
        saved = save_profiled(core, kind, {**body, "additionalInfo": info})
        if kind == "DEVICE":
            _store_credentials(core, saved, row)
    except Refusal as refusal:
        raise broken(f"DataValidationException: {refusal.message}") from refusal
    return saved


def _store_credentials(core: Core, saved: Saved, row: _Row) -> None:
    number = saved.entity.number
    wanted = _wanted(row)
    old = None if saved.created else find_credentials(core, number)
    if old is None:
        equip(core, saved.entity, *(wanted or fresh_token()))
        return
    if wanted is None:
        wanted = old.kind, old.credentials_id, old.credentials_value
    body = {"credentialsId": wanted[1], "credentialsValue": wanted[2]}
    update_credentials(core, number, old, wanted[0], body)


def _wanted(row: _Row) -> tuple[str, str | None, str | None] | None:
    if "X509" in row.fields:
        return X509, None, row.fields["X509"]
    if any(column in row.fields for column in _MQTT):
        return MQTT_BASIC, None, dumps({name: row.fields.get(column) for column, name in _MQTT.items()})
    token = row.fields.get("ACCESS_TOKEN")
    return None if token is None else (ACCESS_TOKEN, token, None)


def _store_values(core: Core, entity: Entity, row: _Row) -> None:
    now = core.now()
    for column, scope in _SCOPES.items():
        if column in row.values:
            store_attributes(core, entity.number, scope, row.values[column], now)
    series = row.values.get("TIMESERIES", {})
    store_series(core, entity.number, [Entry(now, key, typed) for key, typed in series.items()])


ROUTES = (
    Route("POST", "/api/device/bulk_import", partial(_import, "DEVICE"), TENANT),
    Route("POST", "/api/asset/bulk_import", partial(_import, "ASSET"), TENANT),
)
