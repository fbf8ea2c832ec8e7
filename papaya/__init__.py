"""papaya: infrastructure as code for fleets of ThingsBoard devices."""

__version__ = "0.1.0"
