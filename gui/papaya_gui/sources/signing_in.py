"""Signing in to a server from the window: what is needed, and how it is kept; needs no Qt."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from papaya.api.credentials import Credentials
from papaya.errors import ManifestError, PapayaError, SettingsError
from papaya.settings import Options
from papaya_gui.models.texts import bounded

if TYPE_CHECKING:
    from papaya.runs.sign_in import SecondFactor, SignedIn

# A person waits for the answer, and is better told soon that there is none.
_TIMEOUT, _RETRY_FOR = "10s", "1s"
_MOST_FAULTS = 5


@dataclass(frozen=True, slots=True)
class Attempt:
    """A server with an API key, or a user name and a password; `ca_file` is a private authority's."""

    url: str
    username: str = ""
    password: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    ca_file: str = ""

    def credentials(self) -> Credentials:
        """Return what the server is given; raises SettingsError where something is missing."""
        if self.api_key:
            return Credentials(api_key=self.api_key)
        if not self.username:
            raise SettingsError("the user name is missing", remedy="Write the user's e-mail address.")
        if not self.password:
            raise SettingsError("the password is missing", remedy="Write the password of the user.")
        return Credentials(username=self.username, password=self.password)

    def carry_out(self, answers: SecondFactor) -> tuple[str, SignedIn]:
        """Sign in and keep what `papaya login` keeps, where it keeps it; blocks, and is for a worker.

        Return the server's URL in its normal form, and who signed in. Raises PapayaError.
        """
        # Only who signs in needs a session: the window opens without one.
        from papaya.runs.session import session_for, settings_for
        from papaya.runs.sign_in import sign_in

        if not self.url.strip():
            raise SettingsError(
                "the server's URL is missing", remedy="Write https://, and the server's name."
            )
        options = Options(
            url=self.url.strip(), ca_file=self.ca_file or None, timeout=_TIMEOUT, retry_for=_RETRY_FOR
        )
        settings = settings_for(options)
        settings = replace(settings, credentials=self.credentials(), credentials_source="")
        return settings.url, sign_in(settings, answers, session_for)


def in_window(text: str) -> str:
    """Return a message of papaya for people at the window: what a button does is not told as a command."""
    for written, told in _TOLD:
        text = text.replace(written, told)
    return text


def words_of(error: Exception) -> str:
    """Return what happened and what to do, for a line of the window; the message may be a server's."""
    return bounded(in_window(str(error)))


def told(error: PapayaError) -> str:
    """Return what happened and what to do, in the words of the command line as far as they fit a window."""
    parts = [error.message, error.remedy]
    if isinstance(error, ManifestError):
        faults = [one for one in error.diagnostics if one.severity == "error"]
        parts += [f"{one.mark}: {one.summary}" for one in faults[:_MOST_FAULTS]]
        if len(faults) > _MOST_FAULTS:
            parts.append(f"and {len(faults) - _MOST_FAULTS} more: papaya validate lists all of them")
    return in_window("\n".join(part for part in parts if part))


_TOLD = (
    (
        "Log in with papaya login, or set PAPAYA_USERNAME and PAPAYA_PASSWORD, or PAPAYA_API_KEY.",
        "Sign in to see its readings.",
    ),
    ("Log in again with: papaya login, or give the password beside it (PAPAYA_PASSWORD, or password in "
     "config.properties).", "Sign in again."),
    ("Log in again with: papaya login", "Sign in again."),
    ("Log in with: papaya login", "Sign in."),
    ("Log in as an administrator of the tenant: papaya login --username EMAIL",
     "Sign in as an administrator of the tenant."),
    (", then run: papaya login", ", then sign in again."),
    (
        "Give them as --username and PAPAYA_PASSWORD, or run: papaya login",
        "Write them into their own fields.",
    ),
    ("name its certificate with --ca-file.", "choose its certificate below."),
    ("--ca-file names a file of certificates in PEM form.", "Choose a file of certificates in PEM form."),
    ("Name a file of PEM certificates with --ca-file.", "Choose a file of PEM certificates."),
    ("Check --url and --ca-file.", "Check the URL and the certificate."),
    ("the server's URL in --url", "the server's URL"),
    (
        "Is the user in the address right, mqtt://USER@HOST, and the password in PAPAYA_MQTT_PASSWORD or in "
        "the file that PAPAYA_MQTT_PASSWORD_FILE names?",
        "Are user name and password right?",
    ),
)  # fmt: skip
