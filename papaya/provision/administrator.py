"""Steps 2 to 6 with the rights of a tenant administrator."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from papaya.api.session import Session
from papaya.apply.journal import Journal
from papaya.apply.outcome import Outcome
from papaya.engine.credentials import CREDENTIAL_FIELDS, word_of
from papaya.engine.plan import Change, ProfileChange
from papaya.manifest.model import Json, Location
from papaya.provision.certificate import register_certificate
from papaya.provision.credentials import Kept, fetch_and_keep
from papaya.provision.device_line import broker_of, connect_by, in_tls
from papaya.provision.from_properties import placed_at
from papaya.provision.handshake import WAIT, Arrived, first_values, handshake_over_rest
from papaya.provision.live_device import Recorded, record_position
from papaya.provision.locating import Locating, find_position, position_json
from papaya.provision.mqtt_talk import Broker
from papaya.provision.one_device import OneDevice, moved_to
from papaya.provision.position import Position, shown
from papaya.provision.reconcile import Reconciled, carry_out
from papaya.provision.steps import Progress, Step
from papaya.settings import Settings
from papaya.settings.device_login import DeviceLogin

# Seconds; more is no delay of the answer that told the server's time.
_CLOCK_DIFFERENCE = 5.0


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person at the device has asked for."""

    locating: Locating
    token_file: Path
    information: Mapping[str, Json] = field(default_factory=dict)
    wait: float = WAIT
    take_over: frozenset[str] = frozenset()
    broker: Broker | None = None
    # The certificate that the device shows, and for how many days it makes one of its own.
    login: DeviceLogin | None = None
    certificate_days: int | None = None


def located(one: OneDevice, position: Position | None) -> OneDevice:
    """Return the device as the plan should see it, now that its position is known.

    Where a manifest says coordinates and a person others, the plan writes these. From a config.properties
    alone, the position becomes that of the places that have to be created.
    """
    if position is None:
        return one
    if one.surveyed is not None:
        return moved_to(one, position.location)
    if one.origin == "config.properties":
        return replace(one, fleet=placed_at(one.fleet, position.location))
    return one


def locate_step(
    progress: Progress, one: OneDevice, locating: Locating, session: Session | None
) -> Position | None:
    """Find out where the device is."""
    with progress.step("locate") as step:
        position = find_position(one, locating, lambda: session)
        if position is None:
            step.ended("skipped", "the manifest leaves the location alone; `location: auto` would find it")
            return None
        step.ended("ok", position.words)
        step.warnings += position.warnings
        step.details["location"] = position_json(position)
    return position


def provision(
    progress: Progress,
    one: OneDevice,
    session: Session,
    settings: Settings,
    journal: AbstractContextManager[Journal],
    wishes: Wishes,
    *,
    run: str,
) -> tuple[Kept, Arrived]:
    """Carry out steps 2 to 6; whatever an earlier attempt has done is found and kept."""
    position = locate_step(progress, one, wishes.locating, session)
    one = located(one, position)
    with progress.step("hierarchy") as step:
        with journal as opened:
            done = carry_out(session, one.fleet, opened, run=run, take_over=wishes.take_over)
        _tell_hierarchy(step, one, done)
    here: Location | None = None
    with progress.step("device") as step:
        recorded: Recorded | None = None
        if position is not None:
            recorded = record_position(
                session, done.device_id, one.device, position, wishes.locating.tolerance_km
            )
            here = recorded.location
        _tell_device(step, one, done, recorded)
    with progress.step("credential") as step:
        kept = _keep(session, one.device.name, done.device_id, settings, wishes)
        tell_credential(step, kept.path, written=kept.written, login=kept.login)
    with progress.step("handshake") as step:
        values = first_values(wishes.information, one.serial, here)
        with connect_by(settings, wishes.broker)(kept.login) as line:
            # By the server's clock: a device whose own is ahead would hide what it sends once that is right.
            arrived = handshake_over_rest(
                line, session, done.device_id, values, wait=wishes.wait, now=session.server_time
            )
        tell_handshake(step, arrived)
        warn_of_clock(step, session.server_time())
    return kept, arrived


def _keep(session: Session, device: str, device_id: str, settings: Settings, wishes: Wishes) -> Kept:
    if wishes.certificate_days is None:
        return fetch_and_keep(session, device, device_id, wishes.token_file, wishes.login)
    address = in_tls(wishes.broker or broker_of(settings)).address
    return register_certificate(
        session, device, device_id, wishes.token_file, days=wishes.certificate_days, address=address
    )


def tell_credential(step: Step, path: Path, *, written: bool, login: DeviceLogin | None = None) -> None:
    """Say where the token, or what stands in its place, is."""
    text = f"the access token is in {path} (mode 0600)"
    if login is not None and login.kind == "mqttBasic":
        text = f"the MQTT credentials are in {path} (mode 0600)"
    elif login is not None and login.kind == "x509":
        text = f"the certificate is in {login.certificate}, its private key in {login.key}"
        step.details.update(certificate=str(login.certificate), key=str(login.key))
    step.ended("changed" if written else "unchanged", text)
    step.details["file"] = str(path)


def what_was_sent(values: Mapping[str, Json]) -> str:
    """Return the keys of the first telemetry, those about the system in two words."""
    named = [key for key in values if not key.startswith("system.")]
    return ", ".join([*named, "system information"] if len(named) < len(values) else named)


def warn_of_clock(step: Step, server_time: float, now: Callable[[], float] = time.time) -> None:
    """Warn where this machine's clock differs from the server's: readings get their times from it."""
    ahead = now() - server_time
    if abs(ahead) > _CLOCK_DIFFERENCE:
        said = f"{abs(ahead):,.0f} s {'ahead of' if ahead > 0 else 'behind'} the server's"
        step.warnings.append(f"the clock of this machine is {said}; set it: timedatectl set-ntp true")


def tell_handshake(step: Step, arrived: Arrived) -> None:
    """Say what has arrived."""
    at = datetime.fromtimestamp(arrived.ts / 1000, UTC)
    way = "" if arrived.over == "HTTP" else f" over {arrived.over}"
    step.ended(
        "ok",
        f"{what_was_sent(arrived.values)}{way}, at {at:%Y-%m-%d %H:%M:%S} UTC; {arrived.proof} after "
        f"{arrived.seconds:.1f} s",
    )
    step.details.update(
        ts=arrived.ts,
        values=dict(arrived.values),
        proof=arrived.proof,
        seconds=round(arrived.seconds, 3),
        transport=arrived.over.lower(),
    )


def _tell_hierarchy(step: Step, one: OneDevice, done: Reconciled) -> None:
    outcomes = done.of("country", "state", "profile")
    names = f"{one.country.name}/{one.state.name}"
    created = [_name(outcome) for outcome in outcomes if outcome.change.action == "create"]
    linked = [_name(outcome) for outcome in outcomes if outcome.change.action != "create"]
    told = [f"{', '.join(created)} created"] if created else []
    told += [f"{', '.join(linked)} linked"] if linked else []
    step.ended("created" if created else "changed" if linked else "unchanged", names)
    if told:
        step.text += f": {'; '.join(told)}"
    step.details.update(country=one.country.name, state=one.state.name, created=[*created])


def _name(outcome: Outcome) -> str:
    change = outcome.change
    address = change.desired.address if isinstance(change, ProfileChange) else change.address
    return address.name


def _tell_device(step: Step, one: OneDevice, done: Reconciled, recorded: Recorded | None) -> None:
    changes = [outcome.change for outcome in done.of("device") if isinstance(outcome.change, Change)]
    told = [f"{one.device.name} under {one.state.name}, profile {one.device.profile}"]
    created = any(change.action == "create" for change in changes)
    for change in changes:
        if change.adopts:
            owner = change.live.owner if change.live is not None else None
            told.append(f"it existed and was adopted{f' from the fleet {owner}' if owner else ''}")
        if change.moved_from:
            told.append(f"moved from {change.moved_from}")
        if change.writes.credentials == "replace":
            declared = change.desired.credentials if change.desired is not None else None
            word = word_of(declared) if declared is not None else "accessToken"
            what = "access token was" if word == "accessToken" else "credentials were"
            which = "the one" if word == "accessToken" else "those"
            told.append(f"its {what} replaced by {which} that the manifest declares")
        fields = dict.fromkeys(one.key or one.field for one in change.fields if change.action == "update")
        others = [name for name in fields if name not in ("record", "parent", *CREDENTIAL_FIELDS)]
        if others:
            told.append(f"changed {', '.join(others)}")
    written = recorded.written if recorded is not None else ()
    if recorded is not None:
        told += _told_position(recorded)
    outcome = "created" if created else "changed" if changes or written else "unchanged"
    step.ended("created" if outcome == "created" else "changed" if outcome == "changed" else "unchanged",
               "; ".join(told))  # fmt: skip
    step.details.update(id=done.device_id, device=one.device.name, path=[*one.path], written=[*written])


def _told_position(recorded: Recorded) -> list[str]:
    where = shown(recorded.location)
    if recorded.kept:
        return [f"stays at {where}: {recorded.kept}"]
    if "latitude" in recorded.written or "longitude" in recorded.written:
        moved = f", {recorded.moved_km:.1f} km from where it was" if recorded.moved_km is not None else ""
        return [f"position {where} recorded{moved}"]
    if recorded.moved_km:
        return [f"stays at {where}: {recorded.moved_km:.2f} km are within the tolerance"]
    return []
