"""The credentials of a fleet's devices, as the server has them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from papaya.engine.address import path_text
from papaya.errors import PapayaError
from papaya.formulas import guarded
from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.engine.inventory import Entity
    from papaya.engine.scope import RunScope
    from papaya.runs.run import Run

FORMAT_VERSION = "1"
_COLUMNS = ("device", "path", "type", "token")


@dataclass(frozen=True, slots=True)
class Holder:
    """A device of the fleet with its credentials."""

    entity: Entity
    path: tuple[str, ...]
    kind: str
    token: str | None = field(repr=False)


def holders_in(run: Run, scope: RunScope) -> Iterator[Holder]:
    """Yield the devices that carry the fleet's mark and are meant, with their credentials."""
    from papaya.api.tokens import read_credentials
    from papaya.engine.address import natural

    meant = sorted(devices_in(run, scope), key=lambda found: [natural(name) for name in found[1]])
    with ThreadPoolExecutor(run.session.concurrency) as pool:
        read = pool.map(lambda found: read_credentials(run.session, found[0].id or ""), meant)
        for (entity, path), credentials in zip(meant, read, strict=True):
            yield Holder(entity, path, credentials.kind, credentials.token)


def devices_in(run: Run, scope: RunScope) -> Iterator[tuple[Entity, tuple[str, ...]]]:
    """Yield the devices that carry the fleet's mark and are meant, with their paths.

    One that was renamed on the server comes under the name by which the fleet knows it: the manifest, and who
    gives devices their tokens, know no other.
    """
    from papaya.engine.desire import desire
    from papaya.engine.match import match
    from papaya.engine.meaning import in_full
    from papaya.engine.naming import Names
    from papaya.engine.scope import unused

    desired, live = desire(run.fleet), run.reading.inventory
    names = Names(desired, live, match(desired, live))
    known = tuple(names.all())
    scope = in_full(scope, known)
    own = [
        (one.live, one.names)
        for one in known
        if one.live is not None
        and one.live.role == "device"
        and one.live.owner == run.fleet.name
        and one.live.id is not None
    ]
    for pattern in unused(scope, [name for _, called in own for name in called]):
        raise PapayaError(
            f"no live device of {run.fleet.name} matches {pattern}",
            remedy="`papaya plan` shows which devices are not on the server yet or not managed.",
        )
    for entity, called in own:
        if scope.covers_any(called):
            path = names.known_path(entity)
            yield replace(entity, address=replace(entity.address, name=path[-1])), path


def holders_csv(holders: Iterable[Holder]) -> str:
    """Return devices with their tokens as a table; whoever has the text has the tokens.

    A cell that a spreadsheet would take for a formula begins with an apostrophe; the JSON has it as it is.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for one in holders:
        cells = (one.entity.address.name, path_text(one.path), one.kind, one.token or "")
        writer.writerow([guarded(cell) for cell in cells])
    return file.getvalue()


def holders_json(run: Run, holders: Iterable[Holder]) -> str:
    """Return devices with their tokens as a document; whoever has the text has the tokens."""
    document = {
        "formatVersion": FORMAT_VERSION,
        "fleet": run.fleet.name,
        "server": run.session.url,
        "devices": [
            {
                "device": one.entity.address.name,
                "path": list(one.path),
                "type": one.kind,
                "token": one.token,
            }
            for one in holders
        ],
    }
    return json_text(document) + "\n"
