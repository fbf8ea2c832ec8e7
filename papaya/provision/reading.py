"""What the server has of one device and its places, without the rest of a large fleet where that is safe."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from papaya.api.query import all_of, count
from papaya.api.recorded import FEW, is_nobody_else
from papaya.api.session import Session
from papaya.api.survey import survey
from papaya.engine.part import unproven_names
from papaya.engine.reading import Reading
from papaya.manifest.model import Fleet
from papaya.secrets import resolver

# In a smaller tenant everything takes no more requests than a part.
LARGE = 5_000


def read_for_device(session: Session, fleet: Fleet, *, large: int = LARGE) -> Reading:
    """Return what a fleet cut down to one device has on the server.

    In a tenant of more than `large` devices it is read by name. Everything is read if the server may have one
    of them under another name, or in a place that is not the manifest's.
    """
    resolve, concurrency = resolver(Path(fleet.folder)), min(4, session.concurrency)
    before = session.requests_sent
    if count(session, all_of("DEVICE")) > large:
        reading = survey(session, fleet, resolve, concurrency=concurrency, by_name=True)
        names = unproven_names(fleet, reading)
        known = {one.id for one in reading.inventory if one.id is not None}
        if names is not None and (
            not names or is_nobody_else(session, fleet.name, names, known, few=min(FEW, large))
        ):
            return replace(reading, requests=session.requests_sent - before)
    reading = survey(session, fleet, resolve, concurrency=concurrency)
    return replace(reading, requests=session.requests_sent - before)
