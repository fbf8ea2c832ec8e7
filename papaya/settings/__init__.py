"""Which server, who we are there, and how to talk to it.

Only this package and `papaya.secrets` read the environment.
"""

from papaya.settings.find import find_properties, find_settings
from papaya.settings.model import Options, Settings
from papaya.settings.properties import Properties, read_properties

__all__ = ["Options", "Properties", "Settings", "find_properties", "find_settings", "read_properties"]
