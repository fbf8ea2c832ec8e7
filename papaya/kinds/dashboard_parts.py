"""A dashboard as its parts, one field for each: so that a plan names the widget that differs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Final

from papaya.kinds.resource import Fields
from papaya.manifest.model import Json

# The sections of a configuration, with the word for a part of each and where its name is.
_SECTIONS: Final = (("widgets", "widget"), ("entityAliases", "alias"), ("filters", "filter"))
_STATES: Final = "states"
_STATE: Final = "state"
_SINGLE: Final = ("timewindow", "settings", "description")
_OTHER: Final = "other"
_LINK_KEY: Final = "publicResourceKey"
OWN: Final = "papaya"
CUSTOMERS: Final = "customers"
PUBLIC: Final = "public"
ASSIGNED: Final = "assignedCustomers"
IMAGES: Final = "images"
HEAD: Final = ("image", "mobileHide", "mobileOrder")
# What a file may leave out: then what the server has stays.
OPTIONAL_PARTS: Final = (*_SINGLE, _OTHER, *HEAD, IMAGES)


def parts_of(configuration: Json) -> dict[str, Json]:
    """Return the parts of a configuration: `widget Map`, `alias Devices`, `state default`, `settings`."""
    whole = configuration if isinstance(configuration, dict) else {}
    parts: dict[str, Json] = {}
    for section, word in _SECTIONS:
        parts.update(_named(whole.get(section), word))
    states = whole.get(_STATES)
    for name, state in states.items() if isinstance(states, dict) else ():
        parts[f"{_STATE} {name}"] = state
    for key in _SINGLE:
        if whole.get(key) is not None:
            parts[key] = whole[key]
    known = {section for section, _ in _SECTIONS} | {_STATES, OWN, *_SINGLE}
    other: dict[str, Json] = {
        key: value for key, value in whole.items() if key not in known and value is not None
    }
    if other:
        parts[_OTHER] = other
    return parts


def configuration_of(parts: Fields) -> dict[str, Json]:
    """Return the configuration that consists of these parts; None stands for one that goes."""
    whole: dict[str, Json] = {}
    for section, word in _SECTIONS:
        members: dict[str, Json] = {}
        for key, value in parts.items():
            if key.startswith(f"{word} ") and isinstance(value, dict):
                members[str(value["id"])] = value
        whole[section] = members
    states: dict[str, Json] = {}
    for key, value in parts.items():
        if key.startswith(f"{_STATE} ") and value is not None:
            states[key.removeprefix(f"{_STATE} ")] = value
    whole[_STATES] = states
    whole |= {key: parts[key] for key in _SINGLE if parts.get(key) is not None}
    other = parts.get(_OTHER)
    return {**(other if isinstance(other, dict) else {}), **whole}


def head_of(whole: Fields) -> dict[str, Json]:
    """Return what stands beside the configuration and says how the dashboard is listed."""
    return {key: whole.get(key) or None for key in HEAD}


def images_of(whole: Fields) -> Json:
    """Return the digest of the data of each image and resource that a dashboard brings, by its link."""
    rows = whole.get("resources")
    return {
        str(row.get("link")): hashlib.sha256(str(row.get("data")).encode(errors="surrogatepass")).hexdigest()
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict)
    } or None


def portable_images(whole: Fields) -> list[Json]:
    """Return the images and resources of a dashboard without the key that opens them on this server alone."""
    rows = whole.get("resources")
    return [
        {key: value for key, value in row.items() if key != _LINK_KEY}
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict)
    ]


def whole_of(row: Fields, details: tuple[Json, ...]) -> dict[str, Json]:
    """Return a dashboard as far as it was read: with its configuration, or as the list has it."""
    whole = details[0] if details else None
    return whole if isinstance(whole, dict) else dict(row)


def customers_of(whole: Fields, *, public: bool) -> Iterator[tuple[str, str]]:
    """Yield the id and the title of each customer that a dashboard is assigned to."""
    rows = whole.get(ASSIGNED)
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and (row.get("public") is True) is public:
            yield str(object_in(row.get("customerId")).get("id")), str(row.get("title"))


def titles_in(value: Json) -> list[str]:
    """Return the titles of a list, none where there is no list."""
    return [str(one) for one in value] if isinstance(value, list) else []


def object_in(value: Json) -> dict[str, Json]:
    """Return a JSON object, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def _named(section: Json, word: str) -> Iterator[tuple[str, Json]]:
    """Yield the parts of a section by their names; of several of one name the others get a number."""
    seen: dict[str, int] = {}
    for id_, value in sorted(section.items()) if isinstance(section, dict) else ():
        if isinstance(value, dict):
            name = _name(value, word) or id_
            seen[name] = seen.get(name, 0) + 1
            many = seen[name]
            yield f"{word} {name}" + (f" ({many})" if many > 1 else ""), {**value, "id": id_}


def _name(value: Mapping[str, Json], word: str) -> str:
    if word != "widget":
        return str(value.get(word) or "")
    config = value.get("config")
    title = config.get("title") if isinstance(config, dict) else None
    return str(title or str(value.get("typeFullFqn") or "").rpartition(".")[2])
