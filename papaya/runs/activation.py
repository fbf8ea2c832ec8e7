"""The activation link of a user: who opens it sets the password, so it is a secret.

papaya reads it when somebody asks for it, and keeps it nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from papaya.api.fetch import listed_objects
from papaya.api.session import Session
from papaya.counting import counted
from papaya.errors import PapayaError, Rejected
from papaya.kinds.kind import id_in
from papaya.kinds.registry import KINDS
from papaya.manifest.explain import did_you_mean
from papaya.manifest.model import Json

FORMAT_VERSION = "1"
_PAGE = 1_000
_MINUTE = 60_000
_HOUR = 60 * _MINUTE


@dataclass(frozen=True, slots=True)
class ActivationLink:
    """A link that sets the password of one user; `milliseconds` is how long it works, if the server says."""

    email: str
    link: str
    milliseconds: int | None

    @property
    def document(self) -> dict[str, Json]:
        """Return it as a document, secret and all."""
        return {
            "formatVersion": FORMAT_VERSION,
            "user": self.email,
            "activationLink": self.link,
            "millisecondsLeft": self.milliseconds,
        }

    @property
    def warning(self) -> str:
        """Return what a person who gets it has to know."""
        told = f"This link is a secret: whoever opens it sets the password of {self.email}."
        return told if self.milliseconds is None else f"{told} It works for {_duration(self.milliseconds)}."


def activation_link(session: Session, email: str) -> ActivationLink:
    """Return the activation link of the user with an e-mail address.

    Raises PapayaError where there is no such user, or where it has set a password already.
    """
    kind = KINDS["user"]
    rows = list(listed_objects(session, kind.listing.path, _PAGE, kind.listing.parameters))
    named = {kind.name(row): id_in(row) for row in rows}
    id_ = named.get(email)
    if id_ is None:
        raise PapayaError(
            f"there is no user {email} on {session.url}",
            remedy=did_you_mean(email, named, otherwise=False) or "To create it: papaya apply",
        )
    try:
        answer = session.get(f"{kind.path}/{id_}/activationLinkInfo")
    except Rejected as error:
        if "already activated" not in error.message:
            raise
        raise PapayaError(
            f"the user {email} is active already: there is no activation link",
            remedy="Who forgot the password resets it on the sign-in page of ThingsBoard.",
        ) from error
    told = answer if isinstance(answer, dict) else {}
    link, lasts = told.get("value"), told.get("ttlMs")
    if not isinstance(link, str):
        raise PapayaError(f"the server sent no activation link of {email}")
    return ActivationLink(email, link, lasts if isinstance(lasts, int) else None)


def _duration(milliseconds: int) -> str:
    """Return it in hours, or in minutes where it is short."""
    if milliseconds >= 2 * _HOUR:
        return counted(milliseconds // _HOUR, "hour")
    return counted(max(1, milliseconds // _MINUTE), "minute")
