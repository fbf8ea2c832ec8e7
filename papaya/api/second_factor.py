"""The second step of a login, where the server asks for one (its TwoFactorAuthController)."""

from __future__ import annotations

from dataclasses import dataclass

from papaya.api.credentials import Tokens, fits_header
from papaya.api.malformed import malformed
from papaya.api.session import Session

PROVIDERS = "/api/auth/2fa/providers"
SEND = "/api/auth/2fa/verification/send"
CHECK = "/api/auth/2fa/verification/check"
# These send a code to the user; the others (TOTP, BACKUP_CODE) are read off by the user.
SENT_BY_SERVER = frozenset({"SMS", "EMAIL"})


@dataclass(frozen=True, slots=True)
class Provider:
    """One way of giving the second factor; `contact` is where a code goes, partly hidden by the server."""

    kind: str
    contact: str
    is_default: bool


def providers(session: Session) -> tuple[Provider, ...]:
    """Return what the user has set up, the default first; the session has the token for the second step."""
    body = session.get(PROVIDERS)
    found = [
        Provider(
            kind=str(entry["type"]),
            contact=str(entry.get("contact") or ""),
            is_default=entry.get("default") is True,
        )
        for entry in (body if isinstance(body, list) else [])
        if isinstance(entry, dict) and "type" in entry
    ]
    return tuple(sorted(found, key=lambda provider: not provider.is_default))


def send_code(session: Session, provider: Provider) -> None:
    """Let the server send a code to the user."""
    session.post(SEND, None, params={"providerType": provider.kind})


def check_code(session: Session, provider: Provider, code: str) -> Tokens:
    """Exchange the code for tokens; raises `Rejected` for a wrong one."""
    match session.post(CHECK, None, params={"providerType": provider.kind, "verificationCode": code}):
        case {"token": str(token), "refreshToken": str(refresh_token)} if fits_header(token) and fits_header(
            refresh_token
        ):
            return Tokens(token, refresh_token)
    raise malformed(session, "POST", CHECK, "the answer has no tokens in it")
