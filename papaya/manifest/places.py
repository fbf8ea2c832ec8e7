"""The Countries and States of a manifest, and how CSV rows name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from papaya.manifest.explain import did_you_mean
from papaya.manifest.report import Report
from papaya.manifest.tree import Map, Path


@dataclass(eq=False)
class WrittenState:
    """A State as it is written, with the rows that stand in it."""

    entry: Map
    path: Path
    country: WrittenCountry
    rows: list[Map] = field(default_factory=list)


@dataclass(eq=False)
class WrittenCountry:
    """A Country as it is written."""

    entry: Map
    path: Path
    states: dict[str, WrittenState] = field(default_factory=dict)
    spellings: dict[str, WrittenState] = field(default_factory=dict)


class Places:
    """All places of a fleet, found by name or alias."""

    def __init__(self, report: Report, countries: Sequence[tuple[Map, Path]]) -> None:
        self.report = report
        self.countries: dict[str, WrittenCountry] = {}
        self.spellings: dict[str, WrittenCountry] = {}
        for entry, path in countries:
            country = WrittenCountry(entry, path)
            known = self.spellings.get(entry["name"])
            if not self._is_new(entry, path, known.entry if known else None, "Country"):
                continue
            self.countries[entry["name"]] = self.spellings[entry["name"]] = country
            for index, alias in enumerate(entry.get("aliases") or ()):
                self._alias(entry, path, index, self.spellings.setdefault(alias, country).entry)
            self._enter_states(country)

    def _enter_states(self, country: WrittenCountry) -> None:
        for number, entry in enumerate(country.entry.get("states") or ()):
            state = WrittenState(entry, (*country.path, "states", number), country)
            known = country.spellings.get(entry["name"])
            if not self._is_new(entry, state.path, known.entry if known else None, "State"):
                continue
            country.states[entry["name"]] = country.spellings[entry["name"]] = state
            for index, alias in enumerate(entry.get("aliases") or ()):
                self._alias(entry, state.path, index, country.spellings.setdefault(alias, state).entry)

    def states(self) -> list[WrittenState]:
        """Return all States in the order of the manifest."""
        return [state for country in self.countries.values() for state in country.states.values()]

    def find(self, row: Map, country_name: str | None, state_name: str | None) -> WrittenState | None:
        """Return the State that a row names, or say why there is none."""
        if state_name is None:
            self.report.add(row.place(), "the row names no State", "fill the cell, or give the field `state`")
            return None
        if country_name is None:
            return self._find_by_state(row, state_name)
        country = self.spellings.get(country_name)
        if country is None:
            self._unknown(row, "country", "Country", country_name, self.spellings)
            return None
        state = country.spellings.get(state_name)
        if state is None:
            name = country.entry["name"]
            self._unknown(row, "state", f"State in {name}", state_name, country.spellings)
        return state

    def _find_by_state(self, row: Map, name: str) -> WrittenState | None:
        found = [country.spellings[name] for country in self.countries.values() if name in country.spellings]
        if len(found) == 1:
            return found[0]
        if found:
            named = " and ".join(state.country.entry["name"] for state in found)
            self.report.add(
                row.place_of("state"),
                f"{name} is a State of {named}",
                "give the field `country`",
                path="state",
            )
            return None
        known = {spelling: None for country in self.countries.values() for spelling in country.spellings}
        self._unknown(row, "state", "State", name, known)
        return None

    def _unknown(self, row: Map, key: str, kind: str, name: str, known: Mapping[str, object]) -> None:
        if "countries" in self.report.unsure:
            return
        remedy = did_you_mean(name, known, otherwise=False)
        advice = f"add it under {'countries' if key == 'country' else 'states'}, or name it as an alias"
        self.report.add_once(
            f"unknown {name}",
            row.place_of(key),
            f"there is no {kind} named {name}",
            f"{remedy} Otherwise {advice}" if remedy else advice,
            path=(key,),
        )

    def _is_new(self, entry: Map, path: Path, first: Map | None, kind: str) -> bool:
        """Return whether no place of that name was there before, and say so if there was."""
        if first is None:
            return True
        source, line, column = first.place_of("name")
        self.report.add(
            entry.place_of("name"),
            f"the {kind} {entry['name']} is already there ({source.mark(line, column)})",
            "keep one entry, and move what stands below the other there",
            path=(*path, "name"),
        )
        return False

    def _alias(self, entry: Map, path: Path, index: int, meant: Map) -> None:
        """Say that an alias means another place already."""
        if meant is not entry:
            self.report.add(
                entry["aliases"].place_of(index),
                f"{entry['aliases'][index]} already means {meant['name']}",
                "choose another alias",
                path=(*path, "aliases", index),
            )
