"""Which device profiles and devices have a package, and how profiles that go let go of it.

The server refuses to delete a package that a profile or a device has. Devices are deleted before packages,
profiles after them, so that a profile of the same run has to let go of its package first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from papaya.counting import counted
from papaya.kinds.kind import id_in, uuid_in
from papaya.kinds.request import Conversation, Look, Request
from papaya.kinds.resource import Fields, Live
from papaya.manifest.model import Json

_PROFILE: Final = "/api/deviceProfile"
# What lists everything that may have a package: profiles, then devices.
LISTS: Final = (
    Request("GET", "/api/deviceProfiles", parameters={"pageSize": 1_000, "page": 0}),
    Request("GET", "/api/tenant/devices", parameters={"pageSize": 10_000, "page": 0}),
)


def obstacles(key: str, live: Live, leaving: frozenset[str]) -> Iterator[str]:
    """Yield who has the package of a kind and keeps it: the server would refuse the deletion."""
    for place, rows in zip((f"{key}OfProfile", key), _users(key, live), strict=False):
        staying = [row for row in rows if not {id_in(row), f"{place}:{id_in(row)}"} & leaving]
        names = sorted(str(row.get("name")) for row in staying)
        if not names:
            continue
        what = "device profile" if place != key else "device"
        uses = "uses" if len(names) == 1 else "use"
        yield f"{counted(len(names), what)} {uses} it: {', '.join(names[:3])}"


def let_go(key: str, live: Live) -> Conversation[None]:
    """Take a package off the device profiles that had it when it was planned: they are deleted after it."""
    member = f"{key}Id"
    for profile in next(iter(_users(key, live)), []):
        id_ = id_in(profile)
        row = yield Request("GET", f"{_PROFILE}/{id_}")
        if not isinstance(row, dict) or uuid_in(row.get(member)) != live.id:
            continue

        def found(answer: Json) -> Json:
            return answer if isinstance(answer, dict) and answer.get(member) is None else None

        look = Look(Request("GET", f"{_PROFILE}/{id_}"), found)
        body: Fields = {**row, member: None}
        yield Request("POST", _PROFILE, dict(body), step=f"take the {key} off", look=look)


def _users(key: str, live: Live) -> list[list[dict[str, Json]]]:
    return [
        [row for row in _rows(answer) if uuid_in(row.get(f"{key}Id")) == live.id]
        for answer in live.before_deletion
    ]


def _rows(answer: Json) -> list[dict[str, Json]]:
    rows = answer.get("data") if isinstance(answer, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
