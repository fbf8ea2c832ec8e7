"""A plan in a file: applied exactly as it was shown, or refused with what has changed since."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from papaya.bounded_file import MEBIBYTE, UnusableFile, read_text
from papaya.engine.guard import Consent
from papaya.engine.lease import with_lease
from papaya.engine.plan import Plan
from papaya.engine.scope import Part, RunScope
from papaya.errors import PapayaError, StalePlan, system_reason
from papaya.foreign import still_json
from papaya.manifest.model import Fleet, Json
from papaya.render.as_json import change_json, plan_json, plan_pieces
from papaya.render.objects_json import resource_json
from papaya.render.saved import read_saved
from papaya.runs.run import Run
from papaya.settings.private_file import replace_private
from papaya.workspace.choice import ManifestChoice

_NAMED = 20
# A plan that creates a hundred thousand devices.
_LARGEST = 512 * MEBIBYTE
# What changes on a server without touching a plan. Values about to be written over are compared apart.
_VOLATILE = frozenset({"online", "lastActive", "server", "shared", "parents", "body", "version"})
# Other reasons for a plan to be stale, in the order in which they are told.
_MEMBERS = {
    "name": "its name",
    "owner": "its owner",
    "parents": "its place",
    "protect": "its protection",
    "version": "somebody else saved it: its version",
}


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """What a saved plan says; its changes by address, packed: unpacked they take more room than the fleet."""

    path: Path
    paths: tuple[str, ...]
    environment: str | None
    manifest_digest: str
    targets: tuple[str, ...]
    excludes: tuple[str, ...]
    only: Part | None
    server: Mapping[str, Json]
    changes: Mapping[str, bytes]

    def fleet(self, manifest: ManifestChoice) -> Fleet:
        """Return the fleet of the manifest that the plan was made from, with the variables given now.

        Raises `StalePlan` where that manifest has changed since, `ManifestError` where it has faults.
        """
        fleet = manifest.of_saved_plan([Path(name) for name in self.paths], self.environment).load()
        if fleet.digest != self.manifest_digest:
            named = ", ".join(_named(self.paths, fleet))
            raise StalePlan(
                f"{self.path} was made from another manifest: {named} has changed since",
                remedy="plan again: papaya plan -o FILE",
            )
        return fleet

    def plan(self, run: Run, consent: Consent) -> Plan:
        """Return the plan of this run, if that is what the saved one says to the last value."""
        plan = run.plan(consent, RunScope(self.targets, self.excludes, self.only))
        differences = list(_differences(self, plan))
        if differences:
            shown = "\n".join(f"  {line}" for line in differences[:_NAMED])
            more = f"\n  and {len(differences) - _NAMED} more" if len(differences) > _NAMED else ""
            raise StalePlan(
                f"{self.path} is stale, nothing was done:\n{shown}{more}",
                remedy="plan again: papaya plan -o FILE",
            )
        return plan


def save_plan(plan: Plan, out: Path, manifest: ManifestChoice, scope: RunScope) -> None:
    """Write a plan to a file that its owner alone may read. Raises `PapayaError` if the disk refuses."""
    paths: list[Json] = [str(path) for path in manifest.paths]
    pieces = plan_pieces(
        plan,
        scope={
            "targets": list(scope.targets),
            "excludes": list(scope.excludes),
            **({"only": scope.only} if scope.only is not None else {}),
        },
        manifest={"paths": paths, "environment": manifest.environment},
    )
    try:
        replace_private(out, (piece.encode() for piece in pieces))
    except OSError as error:
        raise PapayaError(f"{out} cannot be written: {system_reason(error)}") from error


def read_plan(path: Path) -> SavedPlan:
    """Return what a file says that `save_plan` wrote; raises `PapayaError` where it cannot be used."""
    document = read_saved(_text(path), str(path))
    where, scope = document["manifest"], document["scope"]
    return SavedPlan(
        path,
        tuple(where["paths"]),
        where["environment"],
        document["manifestDigest"],
        tuple(scope["targets"]),
        tuple(scope["excludes"]),
        scope.get("only"),
        document["server"],
        {
            row["address"]: _packed(row)
            for row in (*document["profiles"], *document["changes"], *document.get("resources", ()))
        },
    )


def _packed(change: Mapping[str, Json]) -> bytes:
    return zlib.compress(json.dumps(change).encode(), 1)


def _named(paths: Sequence[str], fleet: Fleet) -> list[str]:
    """Return the paths of a manifest; the working folder is told by the file of its fleet."""
    file = fleet.mark.file if fleet.mark is not None else "."
    return [file if path == "." else path for path in paths]


def _text(path: Path) -> str:
    try:
        return read_text(path, most=_LARGEST)
    except UnusableFile as error:
        raise PapayaError(
            f"{path} cannot be used: {error.strerror}", remedy="plan again: papaya plan -o FILE"
        ) from error
    except OSError as error:
        raise PapayaError(f"{path} cannot be read: {error.strerror}") from error


def _differences(saved: SavedPlan, plan: Plan) -> Iterator[str]:
    frame = plan_json(replace(plan, changes=(), resources=()))
    server, profiles = frame["server"], frame["profiles"]
    for key in ("url", "tenant", "version"):
        was, is_ = saved.server.get(key), server.get(key) if isinstance(server, dict) else None
        if was != is_:
            yield f"the server's {key} was {was} and is {is_}"
    present = chain(
        profiles if isinstance(profiles, list) else (),
        map(change_json, plan.changes),
        map(resource_json, plan.resources),
    )
    left = dict(saved.changes)
    for change in present:
        # A round trip through text, so that both sides have lost the same of Python's types.
        after = json.loads(json.dumps(change))
        address = after["address"]
        packed = left.pop(address, None)
        if packed is None:
            yield f"{address}: has to be changed now and was not part of the plan"
            continue
        before = json.loads(zlib.decompress(packed))
        if _lasting(before) != _lasting(after):
            yield f"{address}: {_what(before, after)}"
    for address in left:
        yield f"{address}: nothing is left to do, somebody else has done it or removed it"


def _lasting(change: Mapping[str, Json]) -> dict[str, Json]:
    """Return what carrying a change out depends on: neither whether a device is online nor what is kept."""
    live = change.get("live")
    kept: dict[str, Json] = {key: value for key, value in change.items() if key not in ("notes", "live")}
    if isinstance(live, dict):
        kept["live"] = {key: value for key, value in live.items() if key not in _VOLATILE}
        kept["lease-free"] = _without_lease(live)
        kept["written over"] = _written_over(change, live)
    return kept


def _without_lease(live: Mapping[str, Json]) -> Json:
    """Return the object and its version; a run that took its lease and left has changed neither."""
    body = live.get("body")
    if not isinstance(body, dict):
        return live.get("version")
    bare = with_lease(body, None)
    # The server answers an object without additional information now with null, now with {}.
    return {**bare, "version": None, "additionalInfo": bare.get("additionalInfo") or None}


def _written_over(change: Mapping[str, Json], live: Mapping[str, Json]) -> dict[str, Json]:
    """Return the present values of what is about to be written: attributes and relations."""
    written: dict[str, Json] = {}
    for scope, values in (("Server", live.get("server")), ("Shared", live.get("shared"))):
        for action in ("set", "delete"):
            keys = _member(change, "writes", action + scope)
            for key in keys if isinstance(keys, dict | list) else ():
                written[f"{scope} {key}"] = values.get(str(key)) if isinstance(values, dict) else None
    if _member(change, "writes", "relate") or _member(change, "writes", "unrelate"):
        written["parents"] = live.get("parents")
    return written


def _what(before: Mapping[str, Json], after: Mapping[str, Json]) -> str:
    was, is_ = _fields(before), _fields(after)
    for key in [*was, *(key for key in is_ if key not in was)]:
        # Somebody renamed it since: below it is said with both names.
        if was.get(key) != is_.get(key) and key != "name":
            return f"{key} was {_shown(was.get(key))} and is {_shown(is_.get(key))}"
    for key, words in _MEMBERS.items():
        values = _member(before, "live", key), _member(after, "live", key)
        if values[0] != values[1]:
            return f"{words} was {_shown(values[0])} and is {_shown(values[1])}"
    return "it is no longer as it was"


def _fields(change: Mapping[str, Json]) -> dict[str, Json]:
    fields = change.get("fields")
    told: dict[str, Json] = {}
    for field in fields if isinstance(fields, list) else []:
        if isinstance(field, dict):
            name = " ".join(str(field[part]) for part in ("field", "key", "part") if field.get(part))
            told[name] = field.get("before")
    return told


def _member(document: Mapping[str, Json], group: str, key: str) -> Json:
    part = document.get(group)
    return part.get(key) if isinstance(part, dict) else None


def _shown(value: Json) -> str:
    text = "(none)" if value is None else still_json(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= 60 else f"{text[:57]}..."
