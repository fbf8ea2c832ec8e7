"""Settings that the server keeps for its users, and the dashboards that they visited or starred."""

from __future__ import annotations

import json
from typing import Any

from papaya.sandbox.refusal import broken, invalid
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import find
from papaya.sandbox.wire import dumps

GENERAL, VISITED, NOTIFICATIONS = "GENERAL", "VISITED_DASHBOARDS", "NOTIFICATIONS"
RESERVED = (VISITED, "MOBILE")
TYPES = (GENERAL, "QUICK_LINKS", "DOC_LINKS", "DASHBOARDS", "GETTING_STARTED", NOTIFICATIONS, *RESERVED)
ACTIONS = ("VISIT", "STAR", "UNSTAR")
_MOST_DASHBOARDS = 10
_NOT_FOUND = "com.jayway.jsonpath.PathNotFoundException"
_Json = dict[str, Any]


def _prefix(user_id: str) -> str:
    return f"settings of {user_id} "


def settings_of(core: Core, user_id: str, kind: str) -> Any:
    """Return the settings of a type, an empty object if there are none."""
    stored = core.store.setting(_prefix(user_id) + kind)
    return {} if stored is None else json.loads(stored)


def save_settings(core: Core, user_id: str, kind: str, settings: Any) -> None:
    """Replace the settings of a type."""
    if find(core, "USER", user_id) is None:
        raise invalid("Constraint violation: fk_user_id")
    if isinstance(settings, dict) and any("." in name or "," in name for name in settings):
        raise invalid('Json field name should not contain "." or "," symbols')
    core.store.set_setting(_prefix(user_id) + kind, dumps(settings))


def update_settings(core: Core, user_id: str, kind: str, changes: Any) -> None:
    """Set the members that `changes` names; `a.b` names the member b of a, made where it is not."""
    settings = settings_of(core, user_id, kind)
    for path, value in changes.items() if isinstance(changes, dict) else ():
        *parents, name = path.strip().split(".")
        node = settings
        for parent in parents:
            node = _object(node).setdefault(parent, {})
        _object(node)[name] = value
    save_settings(core, user_id, kind, settings)


def _object(node: Any) -> _Json:
    if not isinstance(node, dict):
        raise broken("A setting within a value that is no object")
    return node


def delete_settings(core: Core, user_id: str, kind: str, paths: list[str]) -> None:
    """Delete members by their paths; nothing happens where no settings are stored."""
    settings = settings_of(core, user_id, kind)
    if core.store.setting(_prefix(user_id) + kind) is None:
        return
    for path in paths:
        *parents, name = path.split(".")
        node, way = settings, "$"
        for parent in parents:
            way += f"['{parent}']"
            if not isinstance(node, dict) or parent not in node:
                raise broken(f"{_NOT_FOUND}: Missing property in path {way}")
            node = node[parent]
        if not isinstance(node, dict) or name not in node:
            raise broken(_NOT_FOUND)
        del node[name]
    save_settings(core, user_id, kind, settings)


def forget_settings(core: Core, user_id: str) -> None:
    """Delete all settings of a user who is deleted."""
    prefix = _prefix(user_id)
    core.store.connection.execute(
        "DELETE FROM setting WHERE name >= ? AND name < ?", (prefix, f"{prefix}\U0010ffff")
    )


def dashboards_of_user(core: Core, user_id: str) -> _Json:
    """Return which dashboards a user visited and starred, newest first, with their titles of now."""
    stored = settings_of(core, user_id, VISITED)
    return {name: _with_titles(core, stored.get(name, [])) for name in ("last", "starred")}


def _with_titles(core: Core, entries: list[_Json]) -> list[_Json]:
    boards = [(entry, find(core, "DASHBOARD", entry["id"])) for entry in entries]
    return [{**entry, "title": board.name} for entry, board in boards if board is not None]


def report_dashboard(core: Core, user_id: str, dashboard_id: str, action: str) -> _Json:
    """Note that a user visits, stars or unstars a dashboard; return both lists."""
    lists = dashboards_of_user(core, user_id)
    last, starred = lists["last"], lists["starred"]
    if action == "VISIT":
        is_starred = any(entry["id"] == dashboard_id for entry in starred)
        new = {"id": dashboard_id, "title": "", "starred": is_starred, "lastVisited": core.now()}
        last = _first(new, last)
    else:
        rest = [entry for entry in starred if entry["id"] != dashboard_id]
        new = {"id": dashboard_id, "title": "", "starredAt": core.now()}
        starred = _first(new, rest) if action == "STAR" else rest
        stars = {entry["id"] for entry in starred}
        last = [{**entry, "starred": entry["id"] in stars} for entry in last]
    save_settings(core, user_id, VISITED, {"last": last, "starred": starred})
    return dashboards_of_user(core, user_id)


def _first(new: _Json, entries: list[_Json]) -> list[_Json]:
    return [new, *(entry for entry in entries if entry["id"] != new["id"])][:_MOST_DASHBOARDS]
