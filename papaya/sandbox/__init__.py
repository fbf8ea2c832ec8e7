"""An embedded server that speaks the ThingsBoard API, for first use, demos and tests; not for production."""

from papaya.sandbox.dialect import DEFAULT_VERSION, DIALECTS
from papaya.sandbox.edge import Fault
from papaya.sandbox.server import MqttPortTaken, Sandbox
from papaya.sandbox.store.database import DatabaseBusy, DatabaseUnusable

__all__ = [
    "DEFAULT_VERSION",
    "DIALECTS",
    "DatabaseBusy",
    "DatabaseUnusable",
    "Fault",
    "MqttPortTaken",
    "Sandbox",
]
