"""Live trees for exports: random ones, and the way from a server through an export to a fleet."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from papaya.api.export import Choice, LiveTree, read_tree
from papaya.engine.export import Export, Wishes, export, in_files
from papaya.engine.standing import stand
from papaya.manifest.load import Source, load
from papaya.manifest.model import Fleet
from papaya.render.manifest import comment_of, csv_text, manifest_text
from tests.unit.apply.run import Operator

NASTY = (
    "NO", "no", "1.10", "0012", "22:30", "1_000", "0x1F", "0o17", "1e3", ".5", "~", "null", "true", "", " x",
    "x ", "\ttab", "two\nlines", "end\n", "- dash", "# hash", "a: b", "a #b", "[x]", "{x}", "'q'", '"d"',
    "*a", "&a", "!t", "%p", "@at", "`b`", "=", "<<", "?", "|", ">", "ünïcødé", "日本", "🛰️", "\u2028", "\x85",
    "\x1b[0m", "12345678901234567890", "-0", "+1", "1.0", "2024-01-01", "x" * 300, "\ufeffbom", "a,b;c|d",
)  # fmt: skip
_TEXT = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12),
)
_NAMES = st.one_of(
    st.sampled_from([text for text in NASTY if text.strip() and len(text) < 200]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=10),
).filter(lambda name: name.strip() and "<" not in name and "{{" not in name)
_LABELS = _TEXT.filter(lambda text: "<" not in text and "{{" not in text and len(text) < 200)
_NUMBERS = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.booleans(),
)
_KEYS = st.one_of(
    st.sampled_from(["bays", "region", "serial", "NO", "1", "a.b", "latitude", "🛰️", "firmware", "on"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8),
).filter(lambda key: key.strip() and not set(key) & set(",<{"))
_VALUES = st.one_of(
    _NUMBERS,
    _TEXT,
    st.recursive(
        _NUMBERS | _TEXT,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
        max_leaves=6,
    ),
)
_ATTRIBUTES = st.dictionaries(_KEYS, _VALUES, max_size=4)
_SENSOR = st.fixed_dictionaries(
    {"key": st.sampled_from(["t", "rssi", "parking.distance_cm"])},
    optional={
        "name": _LABELS.filter(len),
        "unit": st.sampled_from(["°C", "%", "cm"]),
        "every": st.sampled_from([0.5, 5, 30, "1h"]),
        "warnAbove": st.integers(10, 60),
    },
)
_DEVICE = st.fixed_dictionaries(
    {},
    optional={
        "label": _LABELS,
        "description": _LABELS,
        "serial": _LABELS.filter(lambda text: text.strip() and len(text) < 50),
        "location": st.one_of(
            st.just("auto"),
            st.fixed_dictionaries({"latitude": st.floats(-90, 90), "longitude": st.floats(-180, 180)}),
        ),
        "attributes": _ATTRIBUTES,
        "sharedAttributes": _ATTRIBUTES,
        "sensors": st.lists(_SENSOR, min_size=1, max_size=1),
        "gateway": st.booleans(),
        "protect": st.booleans(),
        "profile": st.sampled_from(["Meter", "Meter MK2", "NO"]),
    },
)
_PLACE = st.fixed_dictionaries(
    {},
    optional={
        "label": _LABELS,
        "description": _LABELS,
        "attributes": _ATTRIBUTES,
        "location": st.fixed_dictionaries(
            {"latitude": st.floats(-90, 90), "longitude": st.floats(-180, 180)}
        ),
        "protect": st.booleans(),
        "shared": st.booleans(),
    },
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a Fleet document with some Countries, States and devices of all shapes."""
    places = draw(st.lists(_NAMES, min_size=2, max_size=5, unique_by=str.casefold))
    devices = draw(st.lists(_NAMES, min_size=0, max_size=7, unique_by=str.casefold))
    countries: list[dict[str, Any]] = [
        {"name": name, **draw(_PLACE), "states": []} for name in places[: 1 + len(places) // 4]
    ]
    states: list[dict[str, Any]] = []
    for name in places[len(countries) :]:
        state = {"name": name, **draw(_PLACE), "devices": []}
        states.append(state)
        draw(st.sampled_from(countries))["states"].append(state)
    # Several devices of one shape, so that there is something to share.
    shapes = draw(st.lists(_DEVICE, min_size=1, max_size=3))
    for name in devices:
        shape = {key: value for key, value in draw(st.sampled_from(shapes)).items() if key != "serial"}
        draw(st.sampled_from(states))["devices"].append({"name": name, **shape})
    return {
        "apiVersion": "papaya/v1",
        "kind": "Fleet",
        "metadata": {"name": "meters"},
        "profiles": {"device": "Meter", "create": True},
        "countries": countries,
    }


def read(operator: Operator, *countries: str) -> LiveTree:
    """Return the live tree of an operator's server."""
    choice = Choice(countries=countries)
    return read_tree(operator.session, choice, concurrency=4, progress=lambda done, total: None)


def exported(operator: Operator, *, name: str | None = None, **wishes: Any) -> Export:
    """Return the export of everything on an operator's server."""
    tree = read(operator)
    return export(stand(tree.inventory, "State"), Wishes("Country", "State", name, **wishes))


def fleet_of(made: Export, *, folder: bool = False) -> Fleet:
    """Return the fleet that an export's text describes."""
    comment = comment_of(made, "a sandbox")
    if not folder:
        sources = [Source("fleet.yaml", manifest_text(made.document, comment))]
        texts: dict[str, str] = {}
    else:
        files = in_files(made.document)
        sources = [
            Source(name, manifest_text(document, comment)) for name, document in files.documents.items()
        ]
        texts = {name: csv_text(table) for name, table in files.tables.items()}
    loaded = load(sources, read_csv=lambda asking, name: Source(name, texts[name], "csv"))
    assert loaded.fleet is not None, ([source.text for source in sources], loaded.diagnostics)
    return loaded.fleet
