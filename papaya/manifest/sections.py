"""Which sections of a manifest list objects beside the tree, and of which kinds: the schema says it.

The definition of a section has `x-kind` with

- `kind`, the key of its kind;
- `name`, the key of an entry that holds the name, where the section is a list (in a map keys are names). A
  name of several parts has several keys with spaces between them, as in `title version`;
- `apart`, keys of an entry that are none of the kind's. An entry that has no others declares no object.

A key of an entry that names a file has `x-file`: `json`, `text`, `image` (whose text is its base64) or
`binary` (of which the size and the digests are read, not the content). A
section may stand deeper than at the top, as `profiles.devices`, and in every entry of another section:
`customers.users`. Then `within` is the key by which an object of it names the one in whose entry it stands.

Several sections may list objects of one kind: `alarmRules`, and `alarmRules` in device profiles. In these an
entry needs no name: `named` is the key of the JSON file whose `name` counts then, and `called` the key that
holds it where entries of several owners share it and get names of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from papaya.manifest.schema import schema

# Mappings that are merged over others, and hold what the fleet itself may hold.
_NO_SECTIONS: Final = ("environments", "defaults", "models", "countries")


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its path in the manifest, the key of its kind, and what its entries are made of.

    Without a `name_key` it is a map from names to entries; one of several keys, with spaces between them,
    makes a name of their values. With `within` it stands in the entries of the section above it, and that is
    the key by which its objects name theirs. `nested` are the keys of sections that stand in its own entries.
    `named` and `called` are those of the schema: where a name comes from that an entry does not say.
    """

    path: tuple[str, ...]
    kind: str
    name_key: str | None
    files: Mapping[str, str] = field(default_factory=dict)
    apart: frozenset[str] = frozenset()
    within: str | None = None
    above: Section | None = None
    nested: frozenset[str] = frozenset()
    named: str | None = None
    called: str | None = None

    @property
    def name_keys(self) -> tuple[str, ...]:
        """Return the keys of an entry that hold the name; none in a map."""
        return tuple((self.name_key or "").split())

    @property
    def key(self) -> str:
        """Return the path as a person writes it: `customers`, `profiles.devices`."""
        return ".".join(self.path)


@cache
def sections() -> tuple[Section, ...]:
    """Return every section that the schema of manifests knows, in its order."""
    return tuple(sections_in(schema()))


def sections_in(whole: Mapping[str, Any]) -> Iterator[Section]:
    """Yield the sections of a schema, those in mappings of the fleet, too."""
    definitions = whole["$defs"]

    def visit(properties: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[Section]:
        for key, value in properties.items():
            rule = _resolved(value, definitions)
            if "x-kind" in rule:
                yield from _section_and_below((*above, key), rule, definitions)
            elif "properties" in rule and key not in _NO_SECTIONS:
                yield from visit(rule["properties"], (*above, key))

    yield from visit(definitions["fleet"]["properties"], ())


def _section_and_below(
    path: tuple[str, ...],
    written: Mapping[str, Any],
    definitions: Mapping[str, Any],
    above: Section | None = None,
) -> Iterator[Section]:
    """Yield a section, and those that stand in its entries."""
    told = written["x-kind"]
    entry = _resolved(written.get("items") or written["additionalProperties"], definitions)["properties"]
    # A part of a profile is no section: its word stands in the profile itself.
    nested = {
        name: rule
        for name, value in entry.items()
        if "within" in (rule := _resolved(value, definitions)).get("x-kind", ())
    }
    files = {name: value["x-file"] for name, value in entry.items() if "x-file" in value}
    section = Section(
        path,
        told["kind"],
        told.get("name"),
        files,
        frozenset(told.get("apart", ())),
        told.get("within"),
        above,
        frozenset(nested),
        told.get("named"),
        told.get("called"),
    )
    yield section
    for name, rule in nested.items():
        yield from _section_and_below((*path, name), rule, definitions, section)


def _resolved(value: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = value.get("$ref")
    return value if reference is None else definitions[reference.removeprefix("#/$defs/")]
