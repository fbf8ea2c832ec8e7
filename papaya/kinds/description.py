"""The description of an object, which the server keeps in its additional information."""

from __future__ import annotations

from typing import Final

from papaya.kinds.resource import Fields
from papaya.manifest.model import Json

DESCRIPTION: Final = "description"


def info_in(row: Fields) -> dict[str, Json]:
    """Return the additional information of a live object."""
    info = row.get("additionalInfo")
    return dict(info) if isinstance(info, dict) else {}


def described(info: dict[str, Json], fields: Fields) -> dict[str, Json]:
    """Return additional information with the declared description, if one is declared."""
    if DESCRIPTION not in fields:
        return info
    rest = {key: value for key, value in info.items() if key != DESCRIPTION}
    value = fields[DESCRIPTION]
    return {**rest, DESCRIPTION: value} if value not in (None, "") else rest
