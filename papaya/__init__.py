"""papaya: infrastructure as code for fleets of ThingsBoard devices.

The names below are the Python interface, described in `docs/python.md` and covered by semantic versioning.
They are imported when they are used, so that the command line starts at once. Everything else in the package
is private.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# The names and where they stand; `__init__.pyi` says the same to type checkers, a test holds both equal.
_PUBLIC = {
    "AnswerLost": "papaya.errors",
    "AuthenticationFailed": "papaya.errors",
    "Consent": "papaya.engine.guard",
    "Credentials": "papaya.api.credentials",
    "Device": "papaya.manifest.model",
    "DeviceFeed": "papaya.api.feed",
    "Diagnostic": "papaya.diagnostics",
    "DriftReport": "papaya.engine.drift",
    "Fleet": "papaya.manifest.model",
    "Forbidden": "papaya.errors",
    "Interrupted": "papaya.errors",
    "LeaseChoice": "papaya.runs.lock",
    "LeaseHeld": "papaya.apply.lease",
    "Loaded": "papaya.manifest.load",
    "ManifestError": "papaya.errors",
    "MissingExtra": "papaya.errors",
    "NotFound": "papaya.errors",
    "Observer": "papaya.observer",
    "Options": "papaya.settings.model",
    "Outcome": "papaya.apply.outcome",
    "PapayaError": "papaya.errors",
    "Plan": "papaya.engine.plan",
    "PlanRefused": "papaya.errors",
    "RateLimited": "papaya.errors",
    "Rejected": "papaya.errors",
    "Result": "papaya.apply.outcome",
    "Run": "papaya.runs.run",
    "RunScope": "papaya.engine.scope",
    "SecretUnavailable": "papaya.errors",
    "SensorBackend": "papaya.sensors.backend",
    "SensorReading": "papaya.sensors.reading",
    "ServerError": "papaya.errors",
    "ServerFeed": "papaya.api.feed",
    "Session": "papaya.api.session",
    "SettingsError": "papaya.errors",
    "StalePlan": "papaya.errors",
    "Unavailable": "papaya.errors",
    "UnexpectedReply": "papaya.errors",
    "Unreachable": "papaya.errors",
    "VersionConflict": "papaya.errors",
    "diagnostics_text": "papaya.render.diagnostics:as_text",
    "drift_text": "papaya.render.drift",
    "load_fleet": "papaya.workspace.fleet",
    "open_run": "papaya.runs.run",
    "open_session": "papaya.runs.session",
    "plan_json": "papaya.render.as_json",
    "plan_markdown": "papaya.render.markdown",
    "plan_text": "papaya.render.text",
    "read_fleet": "papaya.workspace.fleet",
    "result_json": "papaya.render.result",
    "result_text": "papaya.render.result",
}

__all__ = ["__version__", *sorted(_PUBLIC)]


def __getattr__(name: str) -> Any:
    """Import a public name when it is used for the first time."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'papaya' has no attribute {name!r}")
    module, _, original = _PUBLIC[name].partition(":")
    value = getattr(import_module(module), original or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
