"""Where fresh tokens go: back to where the old ones came from."""

from __future__ import annotations

from papaya.api.credentials import Tokens
from papaya.settings.candidates import CONFIG_PROPERTIES, LOGIN
from papaya.settings.model import Settings
from papaya.settings.token_store import StoredTokens, TokenStore
from papaya.settings.write_back import write_tokens


def keep_tokens(settings: Settings, tokens: Tokens) -> None:
    """Store fresh tokens; raises `SettingsError` where that is not possible, and the session goes on."""
    if settings.credentials_source == CONFIG_PROPERTIES and settings.config_path is not None:
        write_tokens(settings.config_path, tokens.token, tokens.refresh_token)
    if settings.credentials_source == LOGIN:
        username = settings.credentials.username or ""
        stored = StoredTokens(username, tokens.token, tokens.refresh_token)
        TokenStore(settings.store_path).keep(settings.url, stored)
