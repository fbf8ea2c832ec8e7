"""Dashboards from files as ThingsBoard's UI exports them, or made from the manifest (`DashboardController`).

The list has no configurations, so that one whose version moved is read by itself. Titles are not unique. A
configuration comes back as it was sent (measured on 4.0.1 and 4.3.1.3) but for images, which become links.
A save without `assignedCustomers` would empty them, and saving a customer saves its dashboards.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from papaya.kinds.address import Address
from papaya.kinds.dashboard_parts import (
    CUSTOMERS,
    HEAD,
    IMAGES,
    OPTIONAL_PARTS,
    OWN,
    PUBLIC,
    configuration_of,
    customers_of,
    head_of,
    images_of,
    object_in,
    parts_of,
    portable_images,
    titles_in,
    whole_of,
)
from papaya.kinds.dashboard_requests import (
    KEY,
    LIST,
    PATH,
    assigned,
    begun,
    content,
    origin_json,
    posted,
    saving,
    sent,
    whole_request,
    with_its_ids,
)
from papaya.kinds.dashboard_rewriting import only_rewritten
from papaya.kinds.fleet_dashboard import fleet_dashboard
from papaya.kinds.form import is_kept_as, same
from papaya.kinds.kind import (
    TREE as AFTER_TREE,
)
from papaya.kinds.kind import (
    Exported,
    Fault,
    IdOf,
    Kind,
    NameOf,
    id_in,
)
from papaya.kinds.origin import Origin, origin_in
from papaya.kinds.references import TREE, Reference, references_in, with_ids, with_names
from papaya.kinds.request import Conversation, Listing, Request
from papaya.kinds.resource import Desired, Fields, Live
from papaya.manifest.model import Fleet, Json, Resource
from papaya.path_component import file_stem

_FILE: Final = "file"
_GENERATE: Final = "generate"
_GENERATED: Final = "generated"
_MOST_TOLD: Final = 4
_MEBIBYTE: Final = 1024 * 1024
# The server's own limit for a request, unless its administrator raised it.
_LARGEST: Final = 16 * _MEBIBYTE


class Dashboards(Kind):
    """The kind of dashboards."""

    key = KEY
    section = "dashboards"
    word = "dashboard"
    plural = "dashboards"
    entity_type = "DASHBOARD"
    level = 30
    path = PATH
    listing = Listing(LIST)
    name_key = "title"
    live_name_key = "title"
    optional = frozenset((CUSTOMERS, PUBLIC, *OPTIONAL_PARTS))
    refers_to = ("customer",)
    may_be_begun = True

    def desired(self, declared: Resource, fleet: Fleet) -> Desired:
        """Return the dashboard that an entry and its file declare, or that the manifest makes."""
        file = declared.files.get(_FILE)
        extra: dict[str, Json] = {}
        if declared.values.get(_GENERATE) == "fleet":
            extra[_GENERATED] = True
            document: dict[str, Json] = {"configuration": fleet_dashboard(fleet, declared.name)}
        else:
            document = object_in(file.value if file is not None else None)
        fields = parts_of(document.get("configuration"))
        fields |= {key: value for key, value in head_of(document).items() if value is not None}
        images = images_of(document)
        if images is not None:
            fields[IMAGES] = images
        customers = declared.values.get(CUSTOMERS)
        titles = sorted({str(one) for one in customers}) if isinstance(customers, list) else []
        if isinstance(customers, list):
            fields[CUSTOMERS] = [*titles]
        if declared.values.get(PUBLIC) is not None:
            fields[PUBLIC] = True if declared.values[PUBLIC] else None
        others = [one.address for one in references_in(fields) if one.address is not None]
        address = self.address(declared.name)
        beside = [one for one in others if one.kind in (*self.refers_to, KEY) and one != address]
        return Desired(
            address,
            fields,
            (*(Address("customer", title) for title in titles), *beside),
            formerly=declared.formerly,
            protect=declared.protect,
            mark=declared.mark,
            extra={**extra, "resources": document["resources"]} if images is not None else extra,
        )

    def level_of(self, desired: Desired) -> int:
        """Return a level after the tree for a dashboard that names places or devices."""
        named = (one.address for one in references_in(dict(desired.fields)))
        return AFTER_TREE + 5 if any(one is not None and one.kind in TREE for one in named) else self.level

    def references(self, desired: Desired) -> Iterator[Reference]:
        """Yield the ids and names of other objects in the configuration."""
        yield from references_in(dict(desired.fields))

    def resolved(self, desired: Desired, name_of: NameOf) -> Desired:
        """Return the dashboard with names in the place of ids that the file holds."""
        fields = with_names(dict(desired.fields), name_of)
        return replace(desired, fields=fields) if isinstance(fields, dict) else desired

    def fields(self, row: Fields, details: tuple[Json, ...], name_of: NameOf) -> Fields:
        """Return a live dashboard as a file and an entry would declare it."""
        whole = whole_of(row, details)
        named = with_names(parts_of(whole.get("configuration")), name_of)
        titles = [name_of("CUSTOMER", id_) or title for id_, title in customers_of(whole, public=False)]
        return {
            **(named if isinstance(named, dict) else {}),
            **head_of(whole),
            IMAGES: images_of(whole),
            CUSTOMERS: [*sorted(titles)],
            PUBLIC: True if any(customers_of(whole, public=True)) else None,
        }

    def details(self, id_: str) -> tuple[Request, ...]:
        """Return the request for a dashboard with its configuration and images."""
        return (whole_request(id_),)

    def one(self, id_: str) -> Request:
        """Return the request for what the list has of a dashboard."""
        return Request("GET", f"{self.path}/info/{id_}")

    def created_by(self, row: Fields, details: tuple[Json, ...]) -> Origin | None:
        """Return the origin in a configuration, where it was read."""
        return origin_in(whole_of(row, details).get("configuration"))

    def only_rewritten(self, key: str, wanted: Json, found: Json) -> bool:
        """Return whether ThingsBoard's own interface rewrote a part when somebody saved the dashboard."""
        return only_rewritten({key: wanted}, {key: found})

    def has_same_content(self, live: Live, details: tuple[Json, ...]) -> bool:
        """Return whether only its customers are what moved the version."""
        return bool(live.details) and content(whole_of({}, live.details)) == content(whole_of({}, details))

    def create(self, desired: Desired, origin: Origin, id_of: IdOf) -> Conversation[Fields]:
        """Create a dashboard and assign it; one that another of this run had to name is there, empty."""
        name = desired.address.name
        present = yield from begun(desired, id_of)
        own = id_in(present) if present is not None else None
        # Where its own id is not known yet, the second save has it.
        names_itself = own is None and any(one.address == desired.address for one in self.references(desired))
        made = with_its_ids(desired, own or "", id_of)
        body: dict[str, Json] = {
            **(present or {}),
            "title": name,
            **{key: desired.fields.get(key) for key in HEAD if key in desired.fields},
            "configuration": {**made, OWN: origin_json(origin)},
            "resources": desired.extra.get("resources"),
        }
        row = yield from posted(body, name, origin)
        if names_itself:
            id_ = id_in(row) or ""
            made = with_its_ids(desired, id_, id_of)
            body = {**row, "configuration": {**made, OWN: origin_json(origin)}, "resources": None}
            answer = yield Request("POST", self.path, body, step="save", look=sent(id_, body))
            row = object_in(answer)
        return (yield from assigned(desired, row, id_of))

    def begin(self, name: str, origin: Origin) -> Conversation[Fields]:
        """Create a dashboard without content, for a profile, or a dashboard, that comes before it."""
        empty: Fields = {"title": name, "configuration": {OWN: origin_json(origin)}}
        return (yield from posted(empty, name, origin))

    def update(self, desired: Desired, live: Live, id_of: IdOf) -> Conversation[Fields]:
        """Save what has changed: the dashboard itself, and to whom it is assigned."""
        whole = whole_of(live.row, live.details)
        present: Fields = live.fields or {}
        kept = {key: self._is_as_wanted(key, value, live) for key, value in desired.fields.items()}
        own = {key: is_kept for key, is_kept in kept.items() if key not in (CUSTOMERS, PUBLIC)}
        if desired.address.name != live.address.name or not all(own.values()):
            parts = {key: value for key, value in present.items() if key in self.optional}
            for key, is_kept in own.items():
                parts[key] = present.get(key) if is_kept else desired.fields[key]
            configuration = object_in(with_ids(configuration_of(parts), id_of))
            before = object_in(whole.get("configuration"))
            if OWN in before:
                configuration[OWN] = before[OWN]
            body: dict[str, Json] = {
                **whole,
                "title": desired.address.name,
                **{key: desired.fields[key] for key in HEAD if key in desired.fields},
                "configuration": configuration,
                "resources": desired.extra.get("resources"),
            }
            whole = yield from saving(live.id, body, whole)
        return (yield from assigned(desired, whole, id_of))

    def release(self, live: Live) -> Conversation[None]:
        """Take the origin out of the configuration."""
        answer = yield whole_request(live.id)
        whole = object_in(answer)
        configuration = object_in(whole.get("configuration"))
        if origin_in(configuration) is None:
            return
        rest = {key: value for key, value in configuration.items() if key != OWN}
        body: dict[str, Json] = {**whole, "configuration": rest, "resources": None}
        look = sent(live.id, body)
        yield Request("POST", self.path, body, step="take the origin off", look=look)

    def before_deletion(self, id_: str) -> tuple[Request, ...]:
        """Return the requests that tell which profiles show a dashboard."""
        whole = {"pageSize": 1000, "page": 0}
        return tuple(
            Request("GET", path, parameters=whole)
            for path in ("/api/deviceProfileInfos", "/api/assetProfileInfos")
        )

    def obstacles(self, live: Live, everything: tuple[Live, ...], leaving: frozenset[str]) -> Iterator[str]:
        """Yield the profiles whose dashboard it is: the server refuses then."""
        for word, answer in zip(("device", "asset"), live.before_deletion, strict=False):
            rows = object_in(answer).get("data")
            for row in rows if isinstance(rows, list) else []:
                shown = row.get("defaultDashboardId") if isinstance(row, dict) else None
                if not isinstance(row, dict) or id_in(row) in leaving:
                    continue
                if isinstance(shown, dict) and shown.get("id") == live.id:
                    yield f"the {word} profile {row.get('name')} uses it"

    def question(self, desired: Desired, live: Live | None) -> str:
        """Ask before a dashboard is shown to everybody, and before somebody's work on one is overwritten."""
        told: list[str] = []
        is_public = live is not None and any(customers_of(whole_of(live.row, live.details), public=True))
        name = desired.address.name
        if desired.fields.get(PUBLIC) is True and not is_public:
            told.append(f"{name} becomes public: who has its link sees its devices without signing in")
        lost = self._lost(desired, live) if live is not None and desired.extra.get(_GENERATED) else []
        if lost:
            parts = ", ".join(lost[:_MOST_TOLD]) + (
                f" and {len(lost) - _MOST_TOLD} more" if lost[_MOST_TOLD:] else ""
            )
            told.append(
                f"somebody changed {name} in ThingsBoard, and the generated dashboard replaces {parts}. "
                "To keep it: papaya export --with dashboards, then file: in the place of generate: fleet"
            )
        return "; ".join(told)

    def _lost(self, desired: Desired, live: Live) -> list[str]:
        """Return the parts that somebody changed on the server and that a save would overwrite."""
        applied, present = live.applied, live.fields
        if applied is None or present is None:
            return []
        keys = dict.fromkeys((*applied.left, *present))
        return [
            key
            for key in keys
            if (key in desired.fields or key not in self.optional)
            and not is_kept_as(present.get(key), applied.left.get(key))
            and not same(present.get(key), desired.fields.get(key))
            and not self.only_rewritten(key, desired.fields.get(key), present.get(key))
        ]

    def writes(self, desired: Desired, live: Live | None) -> int:
        """Return how many requests a change sends: the save, and one for each customer that comes or goes."""
        present: Fields = (live.fields or {}) if live is not None else {}
        titles = [set(titles_in(one.get(CUSTOMERS))) for one in (desired.fields, present)]
        moved = len(titles[0] ^ titles[1]) if CUSTOMERS in desired.fields else 0
        if PUBLIC in desired.fields:
            moved += desired.fields[PUBLIC] != present.get(PUBLIC)
        own = (key for key in desired.fields if key not in (CUSTOMERS, PUBLIC))
        saves = live is None or desired.address.name != live.address.name
        return moved + (saves or not all(self._is_as_wanted(key, desired.fields[key], live) for key in own))

    def faults(self, declared: Resource, fleet: Fleet) -> Iterator[Fault]:
        """Yield what the server would refuse, or show as an empty page."""
        file = declared.files.get(_FILE)
        generated = declared.values.get(_GENERATE) is not None
        if (file is None) is not generated:
            which = "both file and generate" if generated else "neither file nor generate"
            yield Fault(f"it has {which}", "write file: PATH for a dashboard of yours, or generate: fleet")
        if file is None or generated:
            return
        size = len(file.text.encode(errors="surrogatepass"))
        if size > _LARGEST:
            summary = f"{file.name} has {size / _MEBIBYTE:.1f} MiB; the server takes 16 MiB"
            yield Fault(summary, "put large images on the server as files, and name them by their links")
        document = file.value
        configuration = document.get("configuration") if isinstance(document, dict) else None
        if not isinstance(configuration, dict):
            summary = f"{file.name} is no dashboard: it has no configuration"
            yield Fault(summary, "export the dashboard in ThingsBoard (Export dashboard) and name that file")
            return
        order = document.get("mobileOrder") if isinstance(document, dict) else None
        if order is not None and (isinstance(order, bool) or not isinstance(order, int)):
            yield Fault(f"{file.name}: mobileOrder is not a whole number", "write one, or remove it")
        for key in ("widgets", "entityAliases", "filters", "states"):
            section = configuration.get(key)
            if section is not None and not isinstance(section, dict):
                yield Fault(
                    f"{file.name}: configuration.{key} is not an object",
                    "open the dashboard in ThingsBoard, save it, and export it again",
                )

    def exported(self, live: Live, folder: str, name_of: NameOf) -> Exported:
        """Return the entry of a live dashboard and its file."""
        path = f"{folder}/{file_stem(live.address.name)}.json"
        fields = live.fields or {}
        whole = whole_of(live.row, live.details)
        told: dict[str, Json] = {self.name_key: live.address.name, _FILE: path}
        if fields.get(CUSTOMERS):
            told[CUSTOMERS] = fields[CUSTOMERS]
        if fields.get(PUBLIC):
            told[PUBLIC] = True
        document: dict[str, Json] = {
            "title": live.address.name,
            **{key: fields[key] for key in HEAD if fields.get(key) is not None},
            "configuration": with_names(configuration_of(fields), name_of),
        }
        if images := portable_images(whole):
            document["resources"] = images
        return Exported(told, {path: json.dumps(document, indent=2, ensure_ascii=False) + "\n"})

    def _is_as_wanted(self, key: str, value: Json, live: Live | None) -> bool:
        """Return whether a part is as the manifest says, but for what nobody meant."""
        if live is None:
            return False
        found = (live.fields or {}).get(key)
        applied = live.applied
        if same(value, found) or applied is None or key not in applied.sent:
            return same(value, found)
        if not is_kept_as(value, applied.sent[key]):
            return False
        return is_kept_as(found, applied.left.get(key)) or self.only_rewritten(key, value, found)


DASHBOARDS: Final = Dashboards()
