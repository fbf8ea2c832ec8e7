"""The Python interface for type checkers; `__init__.py` imports the same names when they are used."""

from papaya.api.credentials import (
    Credentials,
)
from papaya.api.feed import (
    DeviceFeed,
    ServerFeed,
)
from papaya.api.session import (
    Session,
)
from papaya.apply.lease import (
    LeaseHeld,
)
from papaya.apply.outcome import (
    Outcome,
    Result,
)
from papaya.diagnostics import (
    Diagnostic,
)
from papaya.engine.drift import (
    DriftReport,
)
from papaya.engine.guard import (
    Consent,
)
from papaya.engine.plan import (
    Plan,
)
from papaya.engine.scope import (
    RunScope,
)
from papaya.errors import (
    AnswerLost,
    AuthenticationFailed,
    Forbidden,
    Interrupted,
    ManifestError,
    MissingExtra,
    NotFound,
    PapayaError,
    PlanRefused,
    RateLimited,
    Rejected,
    SecretUnavailable,
    ServerError,
    SettingsError,
    StalePlan,
    Unavailable,
    UnexpectedReply,
    Unreachable,
    VersionConflict,
)
from papaya.manifest.load import (
    Loaded,
)
from papaya.manifest.model import (
    Device,
    Fleet,
)
from papaya.observer import (
    Observer,
)
from papaya.render.as_json import (
    plan_json,
)
from papaya.render.diagnostics import (
    as_text as diagnostics_text,
)
from papaya.render.drift import (
    drift_text,
)
from papaya.render.markdown import (
    plan_markdown,
)
from papaya.render.result import (
    result_json,
    result_text,
)
from papaya.render.text import (
    plan_text,
)
from papaya.runs.lock import (
    LeaseChoice,
)
from papaya.runs.run import (
    Run,
    open_run,
)
from papaya.runs.session import (
    open_session,
)
from papaya.sensors.backend import (
    SensorBackend,
)
from papaya.sensors.reading import (
    SensorReading,
)
from papaya.settings.model import (
    Options,
)
from papaya.workspace.fleet import (
    load_fleet,
    read_fleet,
)

__version__: str
__all__ = [
    "__version__",
    "AnswerLost",
    "AuthenticationFailed",
    "Consent",
    "Credentials",
    "Device",
    "DeviceFeed",
    "Diagnostic",
    "DriftReport",
    "Fleet",
    "Forbidden",
    "Interrupted",
    "LeaseChoice",
    "LeaseHeld",
    "Loaded",
    "ManifestError",
    "MissingExtra",
    "NotFound",
    "Observer",
    "Options",
    "Outcome",
    "PapayaError",
    "Plan",
    "PlanRefused",
    "RateLimited",
    "Rejected",
    "Result",
    "Run",
    "RunScope",
    "SecretUnavailable",
    "SensorBackend",
    "SensorReading",
    "ServerError",
    "ServerFeed",
    "Session",
    "SettingsError",
    "StalePlan",
    "Unavailable",
    "UnexpectedReply",
    "Unreachable",
    "VersionConflict",
    "diagnostics_text",
    "drift_text",
    "load_fleet",
    "open_run",
    "open_session",
    "plan_json",
    "plan_markdown",
    "plan_text",
    "read_fleet",
    "result_json",
    "result_text",
]
