"""Runs ThingsBoard's REST client for Python by command: JSON lines in for calls, JSON lines out for events.

In a command `{"call": NAME, "with": [...]}` the argument `{"model": CLASS, ...}` is an object of that class
of the client with the other members, by their names in JSON. What the call returned follows as
`["returned", [CLASS, JSON]]`, a refusal of the server as `["returned", ["refused", STATUS]]`, and one of the
client itself as `["returned", ["refused", TEXT]]`.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import loopback

loopback.stay()

from tb_rest_client.models import models_ce  # noqa: E402
from tb_rest_client.rest import ApiException  # noqa: E402
from tb_rest_client.rest_client_ce import RestClientCE  # noqa: E402


def value_of(given: Any) -> Any:
    """Return an argument of a command."""
    if isinstance(given, list):
        return [value_of(one) for one in given]
    if not isinstance(given, dict) or "model" not in given:
        return given
    model = getattr(models_ce, given["model"])
    members = {name: key for name, key in model.attribute_map.items() if key in given}
    return model(**{name: value_of(given[key]) for name, key in members.items()})


def plain(value: Any) -> Any:
    """Return the JSON of what a call returned."""
    if hasattr(value, "attribute_map"):
        return {key: plain(getattr(value, name)) for name, key in value.attribute_map.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def run(url: str, username: str, password: str) -> None:
    """Sign in, and carry out commands until there are no more."""
    with RestClientCE(url) as client:
        client.login(username, password)
        for line in sys.stdin:
            command = json.loads(line)
            try:
                given = [value_of(one) for one in command["with"]]
                returned = getattr(client, command["call"])(*given)
                told = [type(returned).__name__, plain(returned)]
            except ApiException as refusal:
                told = ["refused", refusal.status]
            except (ValueError, TypeError) as refusal:
                told = ["refused", str(refusal)]
            print(json.dumps(["returned", told]), flush=True)


run(sys.argv[1], sys.argv[2], sys.argv[3])
