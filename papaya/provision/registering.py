"""The whole registration of a device, as its administrator or with a provision key, and its plan."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from papaya.api.session import Session
from papaya.apply.journal import journal_of, run_name
from papaya.engine.plan import Plan
from papaya.errors import PapayaError
from papaya.manifest.model import Json, SecretReference
from papaya.observer import SILENT, Observer
from papaya.provision.administrator import Wishes, located, provision
from papaya.provision.choosing import Chosen
from papaya.provision.key_holder import provision_with_key
from papaya.provision.locating import find_position
from papaya.provision.position import Position
from papaya.provision.reconcile import plan_device
from papaya.provision.steps import Progress, Step
from papaya.provision.with_key import Key
from papaya.secrets import resolve
from papaya.settings import Settings
from papaya.settings.candidates import CONFIG_PROPERTIES, LOGIN
from papaya.settings.url import travels_in_the_clear

FORMAT_VERSION = "1"
SECRET_VARIABLE = "PAPAYA_PROVISION_SECRET"  # noqa: S105 - the name of a variable


def register_as_administrator(
    progress: Progress,
    chosen: Chosen,
    settings: Settings,
    wishes: Wishes,
    open_session: Callable[[Settings], Session],
) -> str | None:
    """Carry out all six steps and return the device's token, if it has one.

    The journal goes to the user's state folder.
    """
    run = run_name("provision")
    with progress.step("authenticate") as step:
        session = open_session(settings)
        _tell_session(step, session, settings)
    with session:
        kept, _ = provision(progress, chosen.one, session, settings, journal_of(run), wishes, run=run)
    return kept.login.token or None


def register_with_key(
    progress: Progress,
    chosen: Chosen,
    settings: Settings,
    wishes: Wishes,
    *,
    key: str | None = None,
    observer: Observer = SILENT,
) -> str | None:
    """Carry out the steps that a provision key allows and return the device's token, if it has one.

    `key` stands for the manifest's; its secret is in the variable `SECRET_VARIABLE`.
    """
    found = _key(chosen, key)
    if (wishes.broker is None or wishes.broker.is_for_others) and travels_in_the_clear(settings.url):
        observer.warned(
            f"the provision secret for {settings.url} can be read by everybody on the way to it. "
            "Use https://."
        )
    login, _ = provision_with_key(progress, chosen.one, settings, found, wishes)
    return login.token or None


def plan_registration(
    chosen: Chosen, wishes: Wishes, open_session: Callable[[], Session]
) -> tuple[Plan, Position | None]:
    """Return what a registration as administrator would change, and where the device is; writes nothing."""
    with open_session() as session:
        position = find_position(chosen.one, wishes.locating, lambda: session)
        one = located(chosen.one, position)
        plan, _, _ = plan_device(session, one.fleet, wishes.take_over)
    return plan, position


def as_document(
    chosen: Chosen, settings: Settings, progress: Progress, failure: PapayaError | None, token: str | None
) -> dict[str, Json]:
    """Return how a registration went as a document; with a token only where a person asks to see it."""
    steps: list[Json] = [step.as_json() for step in progress.steps]
    document: dict[str, Json] = {
        "formatVersion": FORMAT_VERSION,
        "device": chosen.one.device.name,
        "path": [*chosen.one.path],
        "source": chosen.source,
        "server": settings.url,
        "registered": failure is None,
        "steps": steps,
    }
    if failure is not None:
        document["error"] = {"message": failure.message, "remedy": failure.remedy}
    if token is not None:
        document["token"] = token
    return document


def _key(chosen: Chosen, given: str | None) -> Key | None:
    """Return the key: the one that was given, with its secret from the environment, or the manifest's."""
    profiles = {profile.name: profile.provisioning for profile in chosen.whole.profiles.devices}
    declared = profiles.get(chosen.one.device.profile)
    if given is not None:
        secret = resolve(SecretReference(env=SECRET_VARIABLE), Path())
        return Key(given, secret, declared.strategy if declared is not None else None)
    if declared is None:
        return None
    return Key(declared.key, resolve(declared.secret, Path(chosen.whole.folder)), declared.strategy)


def _tell_session(step: Step, session: Session, settings: Settings) -> None:
    user = session.user()
    origin = settings.origin("credentials")
    how = {
        "refreshed": f"the token from {origin} was refreshed",
        "logged in": f"logged in anew with the password from {origin}",
    }.get(session.renewal or "", f"the credentials from {origin} are valid")
    kept = session.renewal is not None and settings.credentials_source in (CONFIG_PROPERTIES, LOGIN)
    step.ended("ok", f"{user}; {how}{', written back' if kept else ''}")
    step.details.update(user=user.email, authority=user.authority, renewal=session.renewal)
