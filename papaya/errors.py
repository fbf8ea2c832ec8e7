"""Every exception that papaya raises on purpose.

A `PapayaError` is told to a person in its own words and ends the command with exit code 1; anything else is a
bug and keeps its traceback.

    PapayaError
    ├─ ManifestError          the manifest has faults; carries every one of them
    ├─ SettingsError          a setting is missing, unreadable or contradicts another
    ├─ SecretUnavailable      a secret reference does not resolve where its value is needed
    ├─ MissingExtra           an optional part of papaya is not installed
    ├─ PlanRefused            a guard refuses to carry out the plan
    ├─ StalePlan              the server or the manifest is no longer what the plan was made for
    ├─ ApplyFailed            some changes failed or were not attempted
    ├─ Interrupted            a person or the system asked the run to stop
    └─ ServerError            the server, as seen from one request
       ├─ Unreachable         no answer came
       │  └─ AnswerLost       the request was sent, its answer did not come: it may have been carried out
       ├─ AuthenticationFailed
       ├─ Forbidden
       ├─ NotFound
       ├─ VersionConflict
       ├─ RateLimited
       ├─ Unavailable         a 5xx that may pass
       ├─ Rejected            the server refuses this request, and will again
       └─ UnexpectedReply     an answer that no ThingsBoard gives
"""

from __future__ import annotations

from collections.abc import Sequence

from papaya.diagnostics import Diagnostic


class PapayaError(Exception):
    """An error that is explained to a person: what happened, where, and what to do next."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n{self.remedy}" if self.remedy else self.message

    @property
    def in_one_line(self) -> str:
        """Return message and remedy as sentences of one line, for logs."""
        message = " ".join(self.message.split())
        ends = not self.remedy or message.endswith((".", "?", "!", ":"))
        return " ".join(f"{message}{'' if ends else '.'} {self.remedy}".split())


class ManifestError(PapayaError):
    """The manifest has faults."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        # Not at the top: `papaya --version` reads this module and nothing that it does not need.
        from papaya.counting import counted

        errors = sum(diagnostic.severity == "error" for diagnostic in diagnostics)
        super().__init__(f"the manifest has {counted(errors, 'fault')}")
        self.diagnostics = tuple(diagnostics)


class SettingsError(PapayaError):
    """A setting is missing, unreadable or contradicts another."""


class SecretUnavailable(PapayaError):
    """A secret reference does not resolve where its value is needed.

    `reason` says why in a few words; `is_missing` that there is no such file, or none that may be read.
    """

    def __init__(self, message: str, *, remedy: str = "", reason: str = "", is_missing: bool = False) -> None:
        super().__init__(message, remedy=remedy)
        self.reason = reason or message
        self.is_missing = is_missing


class MissingExtra(PapayaError):
    """An optional part of papaya is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(
            f"{what} needs packages that are not installed",
            remedy=f"install them with: pip install 'papayameter[{extra}]'",
        )


class PlanRefused(PapayaError):
    """A guard refuses to carry out the plan."""


class StalePlan(PapayaError):
    """The server or the manifest is no longer what the plan was made for."""


class ApplyFailed(PapayaError):
    """Some changes failed or were not attempted; the report has said which."""


class Interrupted(PapayaError):
    """A person or the system asked the run to stop."""


class ServerError(PapayaError):
    """The server, as seen from one request."""

    def __init__(
        self,
        message: str,
        *,
        method: str = "",
        path: str = "",
        status: int | None = None,
        code: int | None = None,
        remedy: str = "",
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.method = method
        self.path = path
        self.status = status
        self.code = code


class Unreachable(ServerError):
    """No connection to the server, or no answer from it."""


class AnswerLost(Unreachable):
    """The request was sent and its answer did not come: it may or may not have been carried out."""


class AuthenticationFailed(ServerError):
    """The server does not accept who we say we are."""


class Forbidden(ServerError):
    """The server knows who we are and does not let us do this."""


class NotFound(ServerError):
    """The server has no such thing, or hides it from us."""


class VersionConflict(ServerError):
    """Somebody else changed the entity since it was read."""


class RateLimited(ServerError):
    """The server asks for fewer requests."""


class Unavailable(ServerError):
    """The server failed in a way that may pass."""


class Rejected(ServerError):
    """The server refuses this request and would refuse it again."""


class UnexpectedReply(ServerError):
    """An answer that no ThingsBoard gives."""


def system_reason(error: OSError) -> str:
    """Return why the system refused something, as a part of a sentence."""
    return (error.strerror or str(error)).lower()
