"""What is said beside the name of an entity: which symbol it has, what it is, where it comes from."""

from __future__ import annotations

from papaya.engine.identity import is_other_form
from papaya.engine.plan import Change
from papaya.render.fields import location_text
from papaya.render.layout import visible
from papaya.render.words import shown_name

ADD, CHANGE, MOVE, ADOPT, DESTROY, FORGET = "+", "~", "->", "=", "-", "."
UNFINISHED = "left unfinished by an earlier run"


def symbol_of(change: Change) -> str:
    """Return the symbol that stands before a change."""
    if change.action == "create":
        return ADD
    if change.action == "destroy":
        return DESTROY
    if change.action == "forget":
        return FORGET
    if change.adopts:
        return ADOPT
    return MOVE if change.moved_from is not None or change.renamed_from is not None else CHANGE


def is_unfinished(change: Change) -> bool:
    """Return whether an entity bears the mark of its creation but no record: a run broke off in between."""
    live = change.live
    return bool(
        change.action == "update"
        and live is not None
        and live.created_by is not None
        and live.created_by == live.owner
        and live.applied is None
    )


def owner_text(owner: str, relation: str) -> str:
    """Return which fleet an entity belongs to; a mark that begins with no letter is no fleet's."""
    return (
        f"{relation} the fleet {visible(owner)}" if owner[:1].isalpha() else "provisioned without a manifest"
    )


def origin(change: Change) -> str:
    """Return where a moved or renamed entity comes from, and what stays with it."""
    names = [visible(name) for name in (change.moved_from, change.renamed_from) if name is not None]
    stays = "id, token and history stay" if change.role == "device" else "id and history stay"
    where = " (renamed on the server)" if change.renamed_on_server else ""
    if change.renamed_from is not None and is_other_form(change.renamed_from, change.address.name):
        where = f" in another Unicode normal form{where}"
    return f"from {'/'.join(names)}{where}; {stays}"


def description(change: Change) -> str:
    """Return what is said beside the name of one entity."""
    if symbol_of(change) == MOVE:
        return origin(change)
    text = change.role + (_place(change) if change.action == "create" else "") + _other_name(change)
    if is_unfinished(change):
        text += f", {UNFINISHED}"
    live = change.live
    if change.adopts and live is not None and live.owner is not None:
        text += f", {owner_text(live.owner, 'taken over from')}"
    if change.desired is None:
        return text
    if change.desired.shared_place and change.action == "create":
        text += "; shared, owned by no fleet"
    if change.desired.protect and (change.action == "create" or change.adopts):
        text += "; protected"
    return text


def _place(change: Change) -> str:
    location = next((one.after for one in change.fields if one.field == "location"), None)
    if location is not None:
        return f" at {location_text(location)}"
    return (
        ", location set when it is provisioned"
        if change.desired is not None and change.desired.finds_itself
        else ""
    )


def _other_name(change: Change) -> str:
    """Return the name in the manifest where the server's is another, or the server's where it is chosen."""
    if change.desired is None or not change.path:
        return ""
    shown, written, address = shown_name(change), visible(change.path[-1]), visible(change.address.name)
    if written != shown:
        return f", {written} in the manifest"
    return f", {address} on the server" if address != shown and change.action == "create" else ""
