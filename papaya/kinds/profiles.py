"""Device and asset profiles (`DeviceProfileController`, `AssetProfileController`).

Their lists are complete: one request reads all that a plan compares. Names are unique in a tenant. A profile
has no place for an origin, so that one whose mark was never written is adopted by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from papaya.errors import PapayaError
from papaya.kinds.address import Address
from papaya.kinds.form import same
from papaya.kinds.kind import (
    TREE,
    Exported,
    Fault,
    IdOf,
    Kind,
    NameOf,
)
from papaya.kinds.origin import Origin
from papaya.kinds.profile_body import content_of, new_profile
from papaya.kinds.profile_image import LARGEST, bytes_of, data_url, decoded, digest_of, media_type
from papaya.kinds.request import Conversation, Listing, Look, Request
from papaya.kinds.resource import Desired, Fields, Live
from papaya.manifest.model import Fleet, Json, Resource, SecretReference
from papaya.path_component import path_component

DESCRIPTION: Final = "description"
RULE_CHAIN: Final = "ruleChain"
DASHBOARD: Final = "dashboard"
QUEUE: Final = "queue"
IMAGE: Final = "image"
DEFAULT: Final = "default"
PLAIN: Final = frozenset((DESCRIPTION, RULE_CHAIN, DASHBOARD, QUEUE, IMAGE, DEFAULT))
_NAMED: Final = {
    RULE_CHAIN: ("defaultRuleChainId", "RULE_CHAIN"),
    DASHBOARD: ("defaultDashboardId", "DASHBOARD"),
}
_MEMBERS: Final = {DESCRIPTION: "description", QUEUE: "defaultQueueName", IMAGE: "image"}
_MOST_MEMBERS: Final = 1000


class Profiles(Kind):
    """What device and asset profiles have in common; `member` is the word for what has such a profile."""

    member: str
    members_path: str
    name_key = None
    level = 40
    refers_to = (RULE_CHAIN, DASHBOARD)
    tree_field = "profile"
    optional = PLAIN

    def desired(self, declared: Resource, fleet: Fleet) -> Desired:
        """Return the profile that an entry declares."""
        values = declared.values
        fields: dict[str, Json] = {
            key: values[key] for key in (DESCRIPTION, RULE_CHAIN, DASHBOARD, QUEUE) if key in values
        }
        if values.get(DEFAULT) is True:
            # A profile stops being the default when another one becomes it.
            fields[DEFAULT] = True
        extra: dict[str, Json] = {}
        image = declared.files.get(IMAGE)
        if image is not None:
            content = bytes_of(image)
            fields[IMAGE] = digest_of(content)
            extra[IMAGE] = data_url(content)
        fields |= self.own_fields(values)
        references = [Address(key, str(fields[key])) for key in _NAMED if fields.get(key)]
        return Desired(
            self.address(declared.name),
            fields,
            tuple(references),
            formerly=declared.formerly,
            protect=declared.protect,
            mark=declared.mark,
            extra=extra,
        )

    def new(self, name: str) -> dict[str, Json]:
        """Return the smallest profile of a name that the server takes."""
        return new_profile(self.entity_type, name)

    def own_fields(self, values: Fields) -> dict[str, Json]:
        """Return the fields that only this kind of profile has."""
        return {}

    def fields(self, row: Fields, details: tuple[Json, ...], name_of: NameOf) -> Fields:
        """Return a live profile as an entry would declare it."""
        told: dict[str, Json] = {key: row.get(member) for key, member in _MEMBERS.items()}
        for key, (member, entity_type) in _NAMED.items():
            id_ = _id_in(row.get(member))
            told[key] = (name_of(entity_type, id_) or id_) if id_ else None
        told[DEFAULT] = True if row.get(DEFAULT) is True else None
        return told

    def held(self, row: Fields) -> Mapping[str, str]:
        """Return the rule chain and the dashboard of a profile."""
        named = {key: _id_in(row.get(member)) for key, (member, _) in _NAMED.items()}
        return {key: id_ for key, id_ in named.items() if id_}

    def create(self, desired: Desired, origin: Origin, id_of: IdOf) -> Conversation[Fields]:
        """Create a profile; it becomes the default in a request of its own."""
        name = desired.address.name
        request = self._save(self.new(name), desired, desired.fields, id_of, "create")
        row = yield request
        return (yield from self._made_default(desired, row if isinstance(row, dict) else {}))

    def update(self, desired: Desired, live: Live, id_of: IdOf) -> Conversation[Fields]:
        """Save what has changed into the profile as it is now: others save their parts into it, too."""
        row = yield self.one(live.id)
        present: Fields = row if isinstance(row, dict) else {}
        if not same(content_of(present), content_of(live.row)):
            raise PapayaError(
                f"somebody else changed {live.address} since the plan was made",
                remedy="plan again: papaya plan",
            )
        yield from self.refuse_before_save(desired, present)
        changed = desired.changed if desired.changed is not None else _differences(desired, live)
        fields = {key: desired.fields.get(key) for key in changed if key in self.optional}
        if fields.keys() - {DEFAULT} or desired.address.name != live.address.name:
            body = {**present, "name": desired.address.name}
            answer = yield self._save(body, desired, fields, id_of, "save")
            present = answer if isinstance(answer, dict) else present
        return (yield from self._made_default(desired, present))

    def refuse_before_save(self, desired: Desired, row: Fields) -> Conversation[None]:
        """Raise what the server would refuse of this kind of profile."""
        yield from ()

    def with_own(self, body: Fields, fields: Fields) -> tuple[dict[str, Json], bool]:
        """Return a body with the fields that only this kind has, and whether a secret is to be sent in it."""
        return dict(body), False

    def writes(self, desired: Desired, live: Live | None) -> int:
        """Return how many requests a change sends: the profile is read once more before it is saved."""
        becomes_default = bool(desired.fields.get(DEFAULT)) and not (
            live is not None and live.row.get(DEFAULT)
        )
        return (1 if live is None else 2) + becomes_default

    def before_deletion(self, id_: str) -> tuple[Request, ...]:
        """Return the request that tells what has the profile."""
        parameters: dict[str, str | int | bool] = {
            "pageSize": _MOST_MEMBERS,
            "page": 0,
            f"{self.key}Id": id_,
        }
        return (Request("GET", self.members_path, parameters=parameters),)

    def obstacles(self, live: Live, everything: tuple[Live, ...], leaving: frozenset[str]) -> Iterator[str]:
        """Yield what the server would refuse, in the plan and not in the middle of a run."""
        if live.row.get(DEFAULT) is True:
            yield f"it is the default {self.word} of the tenant; make another one the default first"
        answer = live.before_deletion[0] if live.before_deletion else None
        rows = answer.get("data") if isinstance(answer, dict) else None
        listed = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        staying = [str(row.get("name")) for row in listed if _id_in(row.get("id")) not in leaving]
        total = answer.get("totalElements") if isinstance(answer, dict) else None
        number = len(staying) + (max(0, total - len(listed)) if isinstance(total, int) else 0)
        if number == 1 and staying:
            yield f"the {self.member} {staying[0]} uses it"
        elif number:
            some = f", {staying[0]} among them" if staying else ""
            yield f"{number} {self.member}s use it{some}"

    def stays(self, live: Live, fleet: Fleet) -> bool:
        """Return whether a manifest still names the profile."""
        return live.known_as in self.used_names(fleet)

    def used_names(self, fleet: Fleet) -> set[str]:
        """Return the names of the profiles that a fleet's manifest uses."""
        return set()

    def question(self, desired: Desired, live: Live | None) -> str:
        """Ask before a profile becomes the one of everything that names none."""
        if desired.fields.get(DEFAULT) is not True or (live is not None and live.row.get(DEFAULT) is True):
            return ""
        return (
            f"{desired.address.name} becomes the default {self.word} of the tenant: from then on new "
            f"{self.member}s that name none get it, also of other fleets"
        )

    def faults(self, declared: Resource, fleet: Fleet) -> Iterator[Fault]:
        """Yield what the server would accept without a word, or refuse in the middle of a run."""
        image = declared.files.get(IMAGE)
        if image is not None:
            content = bytes_of(image)
            if media_type(content) is None:
                yield Fault(f"{image.name} is no picture", "name a PNG, JPEG, GIF, WebP or SVG file")
            elif len(content) > LARGEST:
                yield Fault(
                    f"{image.name} has {len(content) / 1024 / 1024:.1f} MiB; the server takes 11 MiB",
                    "make the picture smaller",
                )
        if declared.values.get(DEFAULT) is True:
            rivals = [
                one.name
                for one in fleet.resources
                if one.kind == self.key and one.values.get(DEFAULT) is True
            ]
            if rivals[0] != declared.name:
                yield Fault(
                    f"{rivals[0]} is to be the default {self.word}, too",
                    "a tenant has one: remove `default: true` from one of them",
                )

    def exported(self, live: Live, folder: str, name_of: NameOf) -> Exported:
        """Return the entry of a live profile, and its picture as a file."""
        fields = live.fields or {}
        told: dict[str, Json] = {
            "name": live.address.name,
            DESCRIPTION: fields.get(DESCRIPTION) or "",
            **{key: fields[key] for key in (RULE_CHAIN, DASHBOARD, QUEUE) if fields.get(key)},
        }
        if fields.get(DEFAULT) and live.address.name != "default":
            told[DEFAULT] = True
        whole = live.details[-1] if live.details else None
        picture = decoded(whole.get("image")) if isinstance(whole, dict) else None
        files: dict[str, str | bytes] = {}
        if picture is not None:
            name = path_component(live.address.name)
            path = f"{folder.partition('.')[0]}/{self.member}-{name}.{picture[0]}"
            told[IMAGE] = path
            files[path] = picture[1]
        return Exported({**told, **self.exported_fields(live)}, files)

    def for_export(self, row: Fields) -> tuple[Request, ...]:
        """Return the request for a profile with its picture inside, where it has one."""
        if not row.get("image"):
            return ()
        path = f"{self.path}/{_id_in(row.get('id'))}"
        return (Request("GET", path, parameters={"inlineImages": "true"}),)

    def exported_fields(self, live: Live) -> dict[str, Json]:
        """Return the part of an entry that only this kind of profile has."""
        return {}

    def written_into(self, document: Fields, entries: Sequence[Fields]) -> dict[str, Json]:
        """Return a manifest with exported profiles in it, beside what it says of them already."""
        above, below = self.section.split(".")
        profiles = document.get(above)
        told: dict[str, Json] = dict(profiles) if isinstance(profiles, dict) else {}
        kept = told.get(below)
        known: dict[str, Json] = dict(kept) if isinstance(kept, dict) else {}
        for entry in entries:
            name = str(entry["name"])
            before = known.get(name)
            own = {key: value for key, value in entry.items() if key != "name"}
            known[name] = {**own, **(before if isinstance(before, dict) else {})}
        return {**document, above: {**told, below: known}} if known else dict(document)

    def has_same_row(self, before: Fields, now: Fields) -> bool:
        """Return whether only what others save into a profile has changed."""
        return same(content_of(before), content_of(now))

    def level_of_rename(self) -> int:
        """Return a level after the tree: the server saves every member of a renamed profile anew."""
        return TREE + 5

    def _save(self, body: Fields, desired: Desired, fields: Fields, id_of: IdOf, step: str) -> Request:
        """Return the request that saves a body with these fields in it."""
        whole = dict(body)
        for key, member in _MEMBERS.items():
            if key in fields:
                value = desired.extra.get(IMAGE) if key == IMAGE and fields[key] else fields[key]
                whole[member] = value or None
        for key, (member, entity_type) in _NAMED.items():
            if key in fields:
                name = fields[key]
                id_ = id_of(Address(key, str(name))) if name else None
                whole[member] = {"entityType": entity_type, "id": id_} if id_ else None
        whole, sends_secret = self.with_own(whole, fields)
        secrets = self.sent_secrets(desired) if sends_secret else {}
        id_ = _id_in(body.get("id"))
        look = Look(self.one(id_), _is_saved(whole)) if id_ else Look(self._named(whole), _is_made(whole))
        return Request("POST", self.path, whole, step=step, look=look, secrets=secrets)

    def sent_secrets(self, desired: Desired) -> Mapping[tuple[str, ...], SecretReference]:
        """Return which secrets go where in a body."""
        return {}

    def _named(self, body: Fields) -> Request:
        parameters: dict[str, str | int | bool] = {
            "pageSize": 100,
            "page": 0,
            "textSearch": str(body.get("name")),
        }
        return Request("GET", self.listing.path, parameters=parameters)

    def _made_default(self, desired: Desired, row: Fields) -> Conversation[Fields]:
        if desired.fields.get(DEFAULT) is not True or row.get(DEFAULT) is True:
            return row
        path = f"{self.path}/{_id_in(row.get('id'))}/default"
        answer = yield Request("POST", path, step="make it the default", repeatable=True)
        return answer if isinstance(answer, dict) else row


class AssetProfiles(Profiles):
    """The kind of asset profiles."""

    key = "assetProfile"
    section = "profiles.assets"
    word = "asset profile"
    plural = "asset profiles"
    entity_type = "ASSET_PROFILE"
    path = "/api/assetProfile"
    listing = Listing("/api/assetProfiles")
    tree_kind = "asset"
    member = "asset"
    members_path = "/api/tenant/assetInfos"

    def used_names(self, fleet: Fleet) -> set[str]:
        """Return the names of the profiles of Countries and States."""
        return {fleet.profiles.country, fleet.profiles.state}


def _differences(desired: Desired, live: Live) -> frozenset[str]:
    present = live.fields or {}
    return frozenset(key for key, value in desired.fields.items() if not same(value, present.get(key)))


def _is_made(body: Fields) -> Callable[[Json], Json]:
    def found(answer: Json) -> Json:
        rows = answer.get("data") if isinstance(answer, dict) else None
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, dict) and row.get("name") == body.get("name") and _holds(row, body):
                return row
        return None

    return found


def _is_saved(body: Fields) -> Callable[[Json], Json]:
    def found(answer: Json) -> Json:
        if not isinstance(answer, dict) or answer.get("version") == body.get("version"):
            return None
        return answer if _holds(answer, body) else None

    return found


def _holds(row: Fields, body: Fields) -> bool:
    """Return whether a profile has everything that was sent; the server makes a link of a picture."""
    now = content_of(row)
    return all(_has(now.get(key), value) for key, value in content_of(body).items() if key != IMAGE)


def _has(found: Json, sent: Json) -> bool:
    if isinstance(sent, dict):
        return isinstance(found, dict) and all(_has(found.get(key), value) for key, value in sent.items())
    return same(found, sent)


def _id_in(identity: Json) -> str:
    return str(identity["id"]) if isinstance(identity, dict) and identity.get("id") else ""


ASSET_PROFILES: Final = AssetProfiles()
