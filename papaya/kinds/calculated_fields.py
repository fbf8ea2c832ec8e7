"""Calculated fields from files as ThingsBoard's UI exports them (`CalculatedFieldController`, 4.0 to 4.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from papaya.kinds.attached_fields import AttachedFields
from papaya.kinds.field_cycles import circle_of
from papaya.kinds.field_faults import place_in
from papaya.kinds.field_parts import FIELD_TYPES, TYPE
from papaya.kinds.json_places import mark_in
from papaya.kinds.kind import Fault
from papaya.kinds.resource import Desired, Live, LiveObjects
from papaya.manifest.model import Fleet, Resource
from papaya.server_version import version_of

_FIRST: Final = (4, 0)
_MORE_TYPES: Final = (4, 3)
_OF_THE_FIRST: Final = ("SIMPLE", "SCRIPT")


class CalculatedFields(AttachedFields):
    """The kind of calculated fields but alarm rules."""

    key = "calculatedField"
    section = "calculatedFields"
    word = "calculated field"
    plural = "calculated fields"
    types = FIELD_TYPES
    called_key = "fieldName"
    optional = frozenset((called_key,))
    goes_with_it = "the field; what it has written stays"

    def objections(self, desired: Desired, live: Live | None, server: LiveObjects) -> Iterator[str]:
        """Yield that the server's version has no calculated fields, or none of this type."""
        version, type_ = version_of(server.version), desired.fields.get(TYPE)
        if version and version < _FIRST:
            yield f"ThingsBoard has calculated fields from 4.0 on; this server is {server.version}"
        elif version and version < _MORE_TYPES and type_ not in _OF_THE_FIRST:
            yield f"ThingsBoard has the type {type_} from 4.3 on; this server is {server.version}"

    def _more_faults(self, declared: Resource, fleet: Fleet) -> Iterator[Fault]:
        circle, file = circle_of(declared, fleet), declared.files.get("file")
        if circle is None or file is None:
            return
        through = f", through {', '.join(circle.through)}" if circle.through else ""
        yield Fault(
            f"the argument {circle.argument} reads {circle.key}, which the field writes itself{through}",
            "write the result under another key",
            mark_in(file, place_in(file, ("arguments", circle.argument))),
        )


CALCULATED_FIELDS: Final = CalculatedFields()
