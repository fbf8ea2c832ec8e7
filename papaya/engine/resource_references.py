"""References of objects beside the tree to what is not there: refused in the plan, by file and line."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from papaya.diagnostics import Mark
from papaya.engine.address import Address
from papaya.engine.plan import Refusal, ResourceChange, WayOut
from papaya.engine.resource_diff import writes_object
from papaya.kinds.references import TREE as TREE_KINDS
from papaya.kinds.references import Reference, references_in
from papaya.kinds.registry import KINDS
from papaya.kinds.resource import Desired, LiveObjects
from papaya.manifest.model import Fleet, Resource


def missing_references(
    changes: Sequence[ResourceChange], desired: Sequence[Desired], live: LiveObjects
) -> Iterator[Refusal]:
    """Yield that an object needs another one that neither the manifest nor the server has."""
    known = {one.address for one in desired} | {one.address for one in live.objects} | live.ids.keys()
    # These are told with their place in a file.
    known |= {one for one in (Reference(text).address for text in live.unknown) if one is not None}
    for change in changes:
        for address in change.desired.references if change.desired is not None else ():
            # The tree says itself which of its profiles are missing.
            if address.kind in KINDS and address.kind not in TREE_KINDS and address not in known:
                nowhere = "which is neither in the manifest nor on the server"
                yield Refusal(
                    "name",
                    f"{change.address} refers to {address}, {nowhere}",
                    (WayOut("to create it", f"list it under {KINDS[address.kind].section}"),),
                    change.mark,
                    (change.address,),
                )


def unknown_references(
    changes: Sequence[ResourceChange], fleet: Fleet, live: LiveObjects
) -> Iterator[Refusal]:
    """Yield the references of files to what the server does not have, by the place in the file."""
    declared = {KINDS[one.kind].address(one.name): one for one in fleet.resources}
    for change in changes:
        if change.desired is None or not live.unknown or not writes_object(change):
            continue
        for one in KINDS[change.address.kind].references(change.desired):
            if one.text in live.unknown:
                mark = _place(declared.get(change.address), one.text) or change.mark
                way = WayOut(
                    "to name it on every server", "write papaya://device/NAME in the place of the id"
                )
                if one.address is not None:
                    way = WayOut("to find it", f"correct the name, or create {one.address} first")
                yield Refusal(
                    "name",
                    f"{change.address} refers to {one.text}, which the server does not have",
                    (way,),
                    mark,
                    (change.address,),
                )


def left_out_references(
    changes: Sequence[ResourceChange], left_out: Collection[Address]
) -> Iterator[Refusal]:
    """Yield that an object names a place or a device of the manifest that this run, limited, leaves out."""
    for change in changes:
        if change.desired is None or not writes_object(change):
            continue
        named = (one.address for one in KINDS[change.address.kind].references(change.desired))
        missing = [address for address in named if address is not None and address in left_out]
        if missing:
            also = f" and {len(missing) - 1} more" if missing[1:] else ""
            ways = (
                WayOut("to create it in this run", f"add --target '{missing[0]}'"),
                WayOut("to create the tree first", "papaya apply --only-tree"),
            )
            summary = (
                f"{change.address} names {missing[0]}{also}, which is not on the server and which this run "
                "leaves out"
            )
            yield Refusal("name", summary, ways, change.mark, (change.address,))


def lets_go(change: ResourceChange, address: Address) -> bool:
    """Return whether a change of a live object takes its last reference to another one off it."""
    if change.live is None or (change.desired is not None and address in change.desired.references):
        return False
    return any(
        (one.field == address.kind and one.before == address.name)
        or address in (each.address for each in references_in(one.before))
        for one in change.fields
    )


def _place(declared: Resource | None, text: str) -> Mark | None:
    """Return where a text first stands in the files of an entry."""
    for file in declared.files.values() if declared is not None else ():
        at = file.text.find(text)
        if at >= 0:
            start = file.text.rfind("\n", 0, at) + 1
            return Mark(file.name, file.text.count("\n", 0, at) + 1, at - start + 1)
    return None
