"""Widget types, and the bundles that a tenant sorts them into. Those of the server itself are not here."""

from __future__ import annotations

import re
from typing import Any

from papaya.sandbox.refusal import invalid
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity, delete, find, require
from papaya.sandbox.store.forms import flag, texts
from papaya.sandbox.store.revisions import check_version, replaced_by
from papaya.sandbox.store.saving import Draft, put
from papaya.sandbox.store.validation import check_fields, check_name, text_or_none

BUNDLE, WIDGET = "WIDGETS_BUNDLE", "WIDGET_TYPE"
_ODD = re.compile(r"\W+", re.ASCII)
_DETAILS = ("image", "description", "tags", "externalId", "resources")


def save_bundle(core: Core, body: dict[str, Any]) -> tuple[Entity, str]:
    """Create or replace a bundle; its alias comes from its title and stays."""
    old = replaced_by(core, BUNDLE, body)
    title, alias = text_or_none(body.get("title")), text_or_none(body.get("alias"))
    description = text_or_none(body.get("description"))
    check_fields(core.dialect, {"title": title, "alias": alias, "description": description})
    title = check_name("Widgets bundle title", title)
    kept = _kept(core, BUNDLE, "alias", alias, title, old)
    check_version(old, body, "Widgets bundle")
    order = body.get("order")
    content = {
        "alias": kept,
        "title": title,
        "image": text_or_none(body.get("image")),
        "scada": flag(body.get("scada")),
        "description": description,
        "order": order if isinstance(order, int) else None,
        "externalId": body.get("externalId"),
        "name": title,
    }
    return put(core, Draft(BUNDLE, title, content, name_scope=None), old, body.get("createdTime"))


def save_widget(core: Core, body: dict[str, Any]) -> tuple[Entity, str]:
    """Create or replace a widget type; its full name comes from its name and stays."""
    old = replaced_by(core, WIDGET, body)
    name, fqn = text_or_none(body.get("name")), text_or_none(body.get("fqn"))
    description = text_or_none(body.get("description"))
    check_fields(
        core.dialect, {"name": name, "fqn": fqn, "description": description}, unlimited=("description",)
    )
    name = check_name("Widgets type name", name)
    descriptor = body.get("descriptor")
    if not isinstance(descriptor, dict) or not descriptor:
        raise invalid("Widgets type descriptor can't be empty!")
    kept = _kept(core, WIDGET, "fqn", fqn, name, old)
    check_version(old, body, "Widget type")
    content = {
        "fqn": kept,
        "name": name,
        "deprecated": flag(body.get("deprecated")),
        "scada": flag(body.get("scada")),
        "descriptor": descriptor,
        "image": text_or_none(body.get("image")),
        "description": description,
        "tags": texts(body.get("tags")),
        "externalId": body.get("externalId"),
        "resources": None,
    }
    draft = Draft(WIDGET, name, content, name_scope=None, type=text_or_none(descriptor.get("type")))
    return put(core, draft, old, body.get("createdTime"))


def _kept(core: Core, kind: str, member: str, given: str | None, name: str, old: Entity | None) -> str:
    """Return the object's permanent alias or FQN; without one, make it from the name."""
    if old is not None:
        before = str(old.json[member])
        if given != before:
            what = "widgets bundle alias" if kind == BUNDLE else "widget type fqn"
            raise invalid(f"Update of {what} is prohibited!")
        return before
    word = given or _ODD.sub("_", name.lower())
    taken = _words(core, kind, member)
    if word not in taken:
        return word
    if given:
        what = "bundle with such alias" if kind == BUNDLE else "type with such fqn"
        raise invalid(f"Widgets {what} already exists!")
    number = 2
    while f"{word}{number}" in taken:
        number += 1
    return f"{word}{number}"


def _words(core: Core, kind: str, member: str) -> set[str]:
    rows = core.store.rows(f"SELECT json_extract(body, '$.{member}') FROM entity WHERE kind = ?", (kind,))  # noqa: S608
    return {row[0] for row in rows}


def short_form(widget: Entity) -> dict[str, Any]:
    """Return a widget type without what only its own page shows."""
    return {key: value for key, value in widget.json.items() if key not in _DETAILS}


def info_of(core: Core, widget: Entity) -> dict[str, Any]:
    """Return a widget type as lists show it: with its bundles, without its code."""
    body = widget.json
    hidden = ("descriptor", "externalId", "resources")
    bundles = [find(core, BUNDLE, each) for each in _bundles_of(core, widget)]
    named = [{"id": each.json["id"], "name": each.name} for each in bundles if each is not None]
    shown = {key: value for key, value in body.items() if key not in hidden}
    return {**shown, "widgetType": body["descriptor"].get("type"), "bundles": named}


def _bundles_of(core: Core, widget: Entity) -> list[str]:
    rows = core.store.rows("SELECT bundle FROM bundled WHERE widget = ? ORDER BY bundle", (widget.id,))
    return [row[0] for row in rows]


def widgets_of(core: Core, bundle: Entity) -> list[Entity]:
    """Return the widget types of a bundle in its order."""
    rows = core.store.rows("SELECT widget FROM bundled WHERE bundle = ? ORDER BY position", (bundle.id,))
    return [require(core, WIDGET, row[0]) for row in rows]


def find_by_fqn(core: Core, fqn: str) -> Entity | None:
    """Return the widget type of a full name."""
    rows = core.store.rows(
        "SELECT id FROM entity WHERE kind = ? AND json_extract(body, '$.fqn') = ?", (WIDGET, fqn)
    )
    return find(core, WIDGET, rows[0][0]) if rows else None


def set_widgets(core: Core, bundle: Entity, widgets: list[str]) -> None:
    """Make these the widget types of a bundle."""
    run = core.store.connection.execute
    run("DELETE FROM bundled WHERE bundle = ?", (bundle.id,))
    for position, widget in enumerate(dict.fromkeys(widgets)):
        run("INSERT INTO bundled VALUES (?, ?, ?)", (bundle.id, widget, position))


def delete_widgets(core: Core, thing: Entity) -> None:
    """Delete a bundle or a widget type; the other kind stays."""
    column = "bundle" if thing.kind == BUNDLE else "widget"
    core.store.connection.execute(f"DELETE FROM bundled WHERE {column} = ?", (thing.id,))  # noqa: S608
    delete(core, thing)
