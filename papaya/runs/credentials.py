"""The credentials of a fleet's devices, as the server has them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from papaya.engine.address import path_text
from papaya.errors import PapayaError
from papaya.formulas import guarded
from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.api.session import Session
    from papaya.api.tokens import DeviceCredentials
    from papaya.engine.credentials import Proof
    from papaya.engine.inventory import Entity
    from papaya.engine.scope import RunScope
    from papaya.manifest.model import Fleet
    from papaya.runs.run import Run

FORMAT_VERSION = "1"
_COLUMNS = ("device", "path", "type", "token")
_MQTT_COLUMNS = ("client_id", "username", "password")
_READ_TOGETHER = 1_000


@dataclass(frozen=True, slots=True)
class Holder:
    """A device of the fleet with its credentials."""

    entity: Entity
    path: tuple[str, ...]
    kind: str
    proof: Proof | None

    @property
    def token(self) -> str | None:
        """Return the access token, if the device has one."""
        return self.proof.value if self.proof is not None and self.proof.kind == "ACCESS_TOKEN" else None

    @property
    def login(self) -> tuple[str | None, str | None, str | None]:
        """Return client id, user name and password of MQTT basic credentials."""
        return self.proof.login if self.proof is not None else (None, None, None)


def details(proof: Proof | None, *, with_secrets: bool) -> dict[str, Any]:
    """Return what certificates and MQTT basic credentials hold, for a document; passwords on request."""
    if proof is None or proof.kind == "ACCESS_TOKEN":
        return {}
    if proof.kind == "MQTT_BASIC":
        client, user, password = proof.login
        told = {"clientId": client, "username": user}
        return {**told, "password": password} if with_secrets else {**told, "hasPassword": bool(password)}
    return {"certificate": proof.sent_value, "credentialsId": proof.id, **_validity(proof)}


def summary(proof: Proof | None) -> str:
    """Return what of certificates and MQTT basic credentials is no secret, in a few words."""
    if proof is None or proof.kind == "ACCESS_TOKEN":
        return ""
    if proof.kind == "MQTT_BASIC":
        client, user, password = proof.login
        told = [f"client id {client}"] if client else []
        told += [f"user name {user}"] if user else []
        return ", ".join([*told, "with a password" if password else "without a password"])
    told_of = _validity(proof)
    return f"{told_of['subject']}, expires {told_of['expires'][:10]}" if told_of else "unreadable certificate"


def _validity(proof: Proof) -> dict[str, str]:
    from papaya.certificates import UnusableCertificate, certificate_in

    try:
        facts = certificate_in(proof.sent_value or "")
    except (UnusableCertificate, PapayaError):
        # The server stores anything as a certificate; without the package nothing can be said of it.
        return {}
    return {"subject": facts.subject, "expires": facts.expires.isoformat()}


def holders_in(run: Run, scope: RunScope) -> Iterator[Holder]:
    """Yield the devices that carry the fleet's mark and are meant, with their credentials."""
    from papaya.api.fetch import chunks
    from papaya.api.tokens import read_credentials
    from papaya.engine.address import natural

    @cache
    def place_order(names: tuple[str, ...]) -> list[object]:
        return [natural(name) for name in names]

    meant = sorted(
        devices_in(run, scope), key=lambda found: [*place_order(found[1][:-1]), natural(found[1][-1])]
    )
    run.observer.began("credentials", len(meant))
    done = 0
    try:
        with ThreadPoolExecutor(run.session.concurrency) as pool:
            # The pool makes futures of all that it is given: of 100,000 devices they take 150 MB.
            for some in chunks(meant, _READ_TOGETHER):
                read = pool.map(lambda found: read_credentials(run.session, found[0].id or ""), some)
                for (entity, path), credentials in zip(some, read, strict=True):
                    done += 1
                    run.observer.progressed("credentials", done, len(meant))
                    yield Holder(entity, path, credentials.kind, credentials.proof)
    finally:
        run.observer.ended("credentials")


def devices_in(run: Run, scope: RunScope) -> Iterator[tuple[Entity, tuple[str, ...]]]:
    """Yield the devices that carry the fleet's mark and are meant, with their paths.

    One that was renamed on the server comes under the name by which the fleet knows it: the manifest, and who
    gives devices their tokens, know no other.
    """
    from papaya.engine.meaning import in_full
    from papaya.engine.naming import Names
    from papaya.engine.scope import unused

    desired, live = run.reading.desired_by(run.fleet), run.reading.inventory
    names = Names(desired, live, run.reading.matching_of(desired, live))
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
            if entity.address.name != path[-1]:
                entity = replace(entity, address=replace(entity.address, name=path[-1]))
            yield entity, path


def holders_csv(holders: Iterable[Holder], *, with_passwords: bool = False) -> str:
    """Return devices with their secrets as a table; whoever has the text has the secrets.

    MQTT basic credentials have columns where their passwords are asked for. A cell that a spreadsheet would
    take for a formula begins with an apostrophe; the JSON has it as it is.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow((*_COLUMNS, *_MQTT_COLUMNS) if with_passwords else _COLUMNS)
    for one in holders:
        cells = [one.entity.address.name, path_text(one.path), one.kind, one.token or ""]
        if with_passwords:
            cells += [text or "" for text in one.login]
        writer.writerow([guarded(cell) for cell in cells])
    return file.getvalue()


def holders_json(run: Run, holders: Iterable[Holder], *, with_passwords: bool = False) -> str:
    """Return devices with their secrets as a document; whoever has the text has the secrets."""
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
                **details(one.proof, with_secrets=with_passwords),
            }
            for one in holders
        ],
    }
    return json_text(document) + "\n"


def credentials_of(session: Session, fleet: Fleet | None, name: str) -> tuple[str, DeviceCredentials]:
    """Return a device's name and its live credentials; raises PapayaError for one that is not there.

    `name` is its name in the manifest or on the server, its path or its address.
    """
    from papaya.api.known import known_device
    from papaya.api.tokens import read_credentials
    from papaya.engine.meaning import device_named
    from papaya.remedies import nearest

    declared = device_named(fleet, name) if fleet is not None else None
    device = declared.name if declared is not None else name.removeprefix("device/")
    id_ = known_device(session, device, fleet.name if fleet is not None else None)
    if id_ is None:
        near = nearest(device, (one.name for one in fleet.devices())) if fleet is not None else ""
        raise PapayaError(
            f"there is no device called {device} on {session.url}",
            remedy=f"Did you mean {near}?" if near and near != device else "",
        )
    return device, read_credentials(session, id_)


def credentials_text(device: str, found: DeviceCredentials, *, with_secrets: bool, as_json: bool) -> str:
    """Return the credentials of one device as text: a secret alone where it is asked for."""
    from papaya.render.layout import visible

    if as_json:
        told: dict[str, Any] = {"formatVersion": FORMAT_VERSION, "device": device, "type": found.kind}
        told |= details(found.proof, with_secrets=with_secrets)
        return json_text({**told, "token": found.token} if with_secrets else told)
    secret = found.token or (found.proof.login[2] if found.proof is not None else None)
    if with_secrets and secret is not None:
        return secret
    hidden = "; to see it: --show-token" if secret is not None else ""
    more = visible(summary(found.proof))
    return f"{device}: {found.kind}{f' ({more})' if more else ''}{hidden}"
