"""What of others stands against the deletions of a plan: named in it, not found in the middle of a run."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from papaya.counting import first_of
from papaya.engine.address import Address, path_text
from papaya.engine.plan import Change, Refusal, ResourceChange, WayOut
from papaya.engine.resource_references import lets_go

_MOST_TOLD = 3


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why the server would refuse to delete an entity, as a sentence, and the id of what is in the way."""

    reason: str
    id: str


def standing_against(
    changes: Sequence[Change],
    resources: Sequence[ResourceChange],
    obstacles: Mapping[str, tuple[Obstacle, ...]],
) -> Iterator[Refusal]:
    """Yield a refusal for each deletion that something stands against that does not go before it."""
    leaving = {one.live.id for one in resources if one.action == "destroy" and one.live is not None}
    every: list[tuple[Address, str | None, str]] = [
        (change.address, change.live.id, shlex.quote(path_text(change.path)))
        for change in changes
        if change.action == "destroy" and change.live is not None
    ]
    every += [
        (one.address, one.live.id, shlex.quote(str(one.address)))
        for one in resources
        if one.action == "destroy" and one.live is not None
    ]
    for address, id_, how in every:
        found = obstacles.get(id_ or "", ())
        left = [one.reason for one in found if one.id not in leaving]
        if left:
            gone = {one.live.id for one in resources if one.live is not None and lets_go(one, address)}
            left = [one.reason for one in found if one.id not in leaving | gone]
        if left:
            yield Refusal(
                "orphan",
                f"{address} cannot be deleted: {first_of(left, _MOST_TOLD)}",
                (
                    WayOut("to go on", "delete that in ThingsBoard, or let it name another entity"),
                    WayOut("to keep it, unmanaged", f"papaya forget {how}"),
                ),
                addresses=(address,),
            )
