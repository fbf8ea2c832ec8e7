"""Countries and States that the rows of a table name and the manifest does not hold: `places: fromRows`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from papaya.manifest.center import Point, center_of
from papaya.manifest.fields import FieldRules
from papaya.manifest.places import Places, WrittenCountry, WrittenState
from papaya.manifest.spelled_places import unspelled
from papaya.manifest.table import Table
from papaya.manifest.tree import Map, Path, Place, Row, mark_at

FROM_ROWS = "fromRows"
# About a kilometer, so that a new device seldom moves the place on the server.
_DIGITS = 2
_PATH: Path = ("devicesFrom",)


class DerivedPlace(Row):
    """The entry of a place that is derived; it is told at the cell that named it first."""

    __slots__ = ()

    def place(self) -> Place:
        """Return the cell that named the place first."""
        return self.place_of("name")


class Deriver:
    """Finds the places of rows, and makes those that are absent."""

    def __init__(self, places: Places, rules: FieldRules) -> None:
        self.places = places
        self.rules = rules
        self.report = rules.report
        self._countries: list[WrittenCountry] = []
        self._states: list[WrittenState] = []
        # Spellings by what is the same but for case and blanks.
        self._folded: dict[tuple[int, str], tuple[str, Map]] = {}
        self._fold(places.spellings, 0)
        for country in places.countries.values():
            self._fold(country.spellings, id(country))

    def state_of(self, row: Map, country_name: str | None, state_name: str | None) -> WrittenState | None:
        """Return the State that a row names, which is made if the manifest does not hold it."""
        if country_name is None or state_name is None:
            self._tell_absent(row, "state" if state_name is None else "country")
            return None
        country = self.places.spellings.get(country_name) or self._new_country(row, country_name)
        if country is None:
            return None
        return country.spellings.get(state_name) or self._new_state(row, country, state_name)

    def locate(self) -> None:
        """Give each place that was made the center of its devices; without coordinates it has no position."""
        for state in self._states:
            _set_center(state.entry, _points(state.rows))
        for country in self._countries:
            _set_center(
                country.entry, (point for state in country.states.values() for point in _points(state.rows))
            )

    def _tell_absent(self, row: Map, key: str) -> None:
        self.report.add_once(
            f"no {key}",
            row.place_of(key),
            f"the row names no {key}, so its place cannot be derived",
            "fill the cell, or correct the file",
            path=(key,),
        )

    def _new_country(self, row: Map, name: str) -> WrittenCountry | None:
        entry = self._new_entry(row, "country", name, 0)
        if entry is None:
            return None
        country = WrittenCountry(entry, _PATH)
        self.places.countries[name] = self.places.spellings[name] = country
        self._countries.append(country)
        return country

    def _new_state(self, row: Map, country: WrittenCountry, name: str) -> WrittenState | None:
        entry = self._new_entry(row, "state", name, id(country))
        if entry is None:
            return None
        state = WrittenState(entry, _PATH, country)
        country.states[name] = country.spellings[name] = state
        self._states.append(state)
        return state

    def _new_entry(self, row: Map, key: str, name: str, owner: int) -> Map | None:
        """Return the entry of a place; None where another one differs by case or blanks only."""
        source, line, column = row.place_of(key)
        entry = DerivedPlace(source, line, {"name": column})
        entry["name"] = name
        spelling, first = self._folded.setdefault((owner, unspelled(name)), (name, entry))
        if spelling != name:
            stands = mark_at(first.place_of("name"))
            self.report.add_once(
                f"spelled {name}",
                (source, line, column),
                f'"{name}" and "{spelling}" ({stands}) differ only by case or blanks',
                f'correct the cells, or write {spelling} under countries with `aliases: ["{name}"]`',
                path=(key,),
            )
            return None
        self.rules.check_place(entry, (key,))
        return entry

    def _fold(self, spellings: Mapping[str, WrittenCountry] | Mapping[str, WrittenState], owner: int) -> None:
        for name, place in spellings.items():
            self._folded.setdefault((owner, unspelled(name)), (name, place.entry))


def refuse_places(entry: Map, path: Path, state: WrittenState | None, rules: FieldRules) -> bool:
    """Return whether a source derives places, and say so where it cannot."""
    if entry.get("places") != FROM_ROWS:
        return False
    if state is None:
        return True
    rules.report.add(
        entry.place_of("places", of_key=True),
        f"the devices of this source stand in {state.entry['name']}, `places` has nothing to derive",
        "move the source to the fleet, or remove `places`",
        path=(*path, "places"),
    )
    return False


def names_places(entry: Map, table: Table, path: Path, rules: FieldRules) -> bool:
    """Return whether the rows of a source name a country and a state, or say what is missing."""
    each = entry.get("each")
    given = table.columns if each is None else [key for key, value in each.items() if value is not None]
    absent = [key for key in ("country", "state") if key not in given]
    if not absent:
        return True
    where = "column" if each is None else "field of `each`"
    rules.report.add(
        entry.place_of("places"),
        f"`places: {FROM_ROWS}` needs the {where} {' and '.join(absent)}",
        f"say under `each` what the {' and the '.join(absent)} of a row are",
        path=(*path, "places"),
    )
    return False


def _set_center(entry: Map, points: Iterator[Point]) -> None:
    center = center_of(points, _DIGITS)
    if center is not None:
        entry["location"] = {"latitude": center[0], "longitude": center[1]}


def _points(rows: list[Map]) -> Iterator[Point]:
    for row in rows:
        location = row.get("location")
        if isinstance(location, dict) and {"latitude", "longitude"} <= location.keys():
            yield float(location["latitude"]), float(location["longitude"])
