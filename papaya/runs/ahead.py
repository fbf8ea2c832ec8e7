"""Connects and signs in while the manifest is read: on a long line that saves two round trips or more."""

from __future__ import annotations

from contextlib import suppress
from types import TracebackType
from typing import Self

from papaya.api.session import Session
from papaya.errors import PapayaError
from papaya.observer import SILENT, Observer
from papaya.runs.session import session_for
from papaya.settings import Options, Settings, find_settings

# The user, the version, two lists of profiles and two counts are asked for at once.
AT_FIRST = 6
_DECIDE = (
    "url",
    "credentials",
    "credentials_source",
    "ca_file",
    "insecure",
    "timeout",
    "retry_for",
    "concurrency",
    "proxies",
    "config_path",
    "store_path",
)


class Ahead:
    """The session that a run will need by all that is known before its manifest; closed at the end.

    Only a server that `--url` names is signed in to: the manifest may refuse every other one. Faults are told
    by the run, which finds them too.
    """

    def __init__(self, options: Options, *, observer: Observer = SILENT) -> None:
        self._settings: Settings | None = None
        self._session: Session | None = None
        with suppress(PapayaError):
            settings = find_settings(options)
            if settings.credentials:
                self._session, self._settings = session_for(settings, observer=observer), settings
                self._session.connect_ahead(AT_FIRST)
                if options.url is not None:
                    self._session.sign_in_ahead()

    def session_of(self, settings: Settings) -> Session | None:
        """Return the session if it is the one of these settings, once."""
        mine, session = self._settings, self._session
        if mine is None or any(getattr(mine, name) != getattr(settings, name) for name in _DECIDE):
            return None
        self._session = None
        return session

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._session is not None:
            self._session.abandon()
            self._session.close()
