"""What a person should know about an exported manifest: what it does not hold, and what else it needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from papaya.api.export import LiveTree
from papaya.counting import counted, counted_are
from papaya.engine.declared import UNMANAGED
from papaya.engine.export import Export

_MOST_TOLD = 20


def export_remarks(
    made: Export, tree: LiveTree, *, is_written: bool, state_profile: str = ""
) -> Iterator[str]:
    """Yield a line for each remark; `is_written` says that certificates were written, too.

    `state_profile` is the name that the profile of States was expected to have.
    """
    if state_profile and tree.state_profile != state_profile:
        yield (
            f"The profile of States was {state_profile} and is now {tree.state_profile}, renamed on the "
            "server: the manifest has the new name (profiles.state)."
        )
    if made.certificates and not is_written:
        yield f"Not written: {counted(len(made.certificates), 'certificate')}; -o writes them."
    yield from _first([f"Write its password yourself: {file}" for file in made.secret_files])
    yield from _first([f"Left out: {one.entity.address}, {one.reason}" for one in made.left_out])
    yield from _first(list(made.remarks))
    yield from _first([f"Left out: asset/{name}, a State under no Country" for name in tree.loose_states])
    for reason, keys in made.omissions.by_reason().items():
        named = ", ".join(f"{key} ({number:,}, first {first})" for key, number, first in keys[:_MOST_TOLD])
        more = "; --unmanaged takes them" if reason == UNMANAGED else ""
        yield f"Left out, because {reason}{more}: {named}"
    inside = sum(entity.role == "device" for entity in tree.inventory)
    if tree.devices > inside:
        yield f"{counted_are(tree.devices - inside, 'device')} in the tenant, but in none of these places."
    others = {owner: number for owner, number in made.owners.items() if owner != made.name}
    if others and made.name not in made.owners:
        fleets = ", ".join(f"{owner} ({number:,})" for owner, number in others.items())
        takes = " ".join(f"--take-over {owner}" for owner in others)
        yield f"Managed by other fleets: {fleets}. To apply it as {made.name}: {takes}"
    if made.endangered:
        names = ", ".join(one.entity.address.name for one in made.endangered[:_MOST_TOLD])
        yield (
            f"Warning: {made.name} manages what is left out, and apply would delete it: {names}. "
            "Put each into one place first, or stop managing it with papaya forget."
        )


def _first(texts: Sequence[str]) -> Iterator[str]:
    yield from texts[:_MOST_TOLD]
    if len(texts) > _MOST_TOLD:
        yield f"… and {len(texts) - _MOST_TOLD:,} more"
