"""Who a run is on its server, and where each of its settings came from."""

from __future__ import annotations

from papaya.api.claims import expires_at
from papaya.api.session import Session
from papaya.remedies import TENANT_ADMIN
from papaya.settings import Settings

FORMAT_VERSION = "1"
_SHOWN = {
    "url": "url",
    "credentials": "credentials",
    "configFile": "config_path",
    "tenant": "tenant",
    "caFile": "ca_file",
    "insecure": "insecure",
    "timeoutSeconds": "timeout",
    "retryForSeconds": "retry_for",
    "concurrency": "concurrency",
}


def identity_of(session: Session, settings: Settings) -> dict[str, object]:
    """Return the server, the user with their rights, the token and the settings as a document.

    The session has signed in. Of credentials it says what kind they are, never what they are.
    """
    user, info, tokens = session.user(), session.info(), session.tokens
    expiry = expires_at(tokens.token) if tokens is not None else None
    return {
        "formatVersion": FORMAT_VERSION,
        "server": {"url": settings.url, "version": info.version, "edition": info.type},
        "user": {
            "id": user.id,
            "email": user.email,
            "authority": user.authority,
            "tenantId": user.tenant_id,
            "customerId": user.customer_id,
        },
        "token": {
            "kind": "apiKey" if tokens is None else "jwt",
            "secondsLeft": None if expiry is None else max(0, round(expiry - session.server_time())),
            "canRefresh": tokens is not None and tokens.refresh_token is not None,
        },
        "settings": {
            shown: {"value": _value(settings, name), "origin": settings.origin(name)}
            for shown, name in _SHOWN.items()
        },
        "notes": list(settings.notes),
    }


def _value(settings: Settings, name: str) -> object:
    if name == "credentials":
        # What kind they are, never what they are.
        credentials = settings.credentials
        kinds = {"API key": credentials.api_key, "token": credentials.token, "password": credentials.password}
        return ", ".join(kind for kind, value in kinds.items() if value)
    value = getattr(settings, name)
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def identity_text(found: dict[str, object]) -> str:
    """Return the document of `identity_of` as lines for people."""
    match found:
        case {"server": dict(server), "user": dict(user), "token": dict(token), "settings": dict(settings)}:
            pass
        case _:
            raise AssertionError("identity_of() makes these")
    lines = [
        f"Server   {server['url']}, ThingsBoard {server['version']} {server['edition']}".rstrip(),
        f"User     {user['email']}, {user['authority']}",
        f"Tenant   {user['tenantId']}",
        f"Token    {_life(token)}",
    ]
    if user["authority"] != TENANT_ADMIN:
        lines.append(f"Note     plan and apply need a {TENANT_ADMIN}.")
    lines += ["", "Settings"]
    for name, setting in settings.items():
        if setting["value"] is not None:
            lines.append(f"  {name:<16} {setting['value']}  ({setting['origin']})")
    notes = found["notes"]
    lines += [f"  {note}" for note in (notes if isinstance(notes, list) else [])]
    return "\n".join(lines)


def _life(token: dict[str, object]) -> str:
    if token["kind"] == "apiKey":
        return "API key"
    seconds = token["secondsLeft"]
    left = "valid for an unknown time"
    if isinstance(seconds, int):
        left = f"valid for {seconds // 3600} h {seconds % 3600 // 60} min"
    return f"{left}, {'refreshed when it ends' if token['canRefresh'] else 'cannot be refreshed'}"
