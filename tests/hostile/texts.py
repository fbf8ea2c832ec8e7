"""JSON texts as nobody well-meaning writes them, and texts that are no JSON."""

from __future__ import annotations

from hypothesis import strategies as st

NINES = "9" * 401
NUMERALS = (
    NINES, f"-{NINES}", "9" * 5000, "1e999", "-1e999", "1e100000", "1.7976931348623157e308", "NaN",
    "Infinity", "-Infinity", "0", "-0", "1", "5.5", "0.05", "1e-400", "86401", "9223372036854775808", "1E+2",
)  # fmt: skip
STRINGS = (
    '"a"', '"b"', '""', '"5s"', '"²s"', '"1e999"', f'"{NINES}s"', '"\\ud800"', '"\\u0000"', '"x\\ny"',
    '"\\u202e"', '"' + "x" * 300 + '"', '"NaN"', '"²:1"', f'"{NINES}:1"', '"200:1,6000:60"', '"1:0"',
    '"-1:1"',
)  # fmt: skip
OTHERS = ("null", "true", "false", "[]", "{}", "[" * 980 + "]" * 980, '{"a":' * 150 + "1" + "}" * 150)
BROKEN = ("", "{", "[1,", '{"a":1}}', "\ufeff{}", "nul", "{'a':1}", '"\\ud8', "[" * 100_000, "[[" * 50 + "]")
KEYS = (
    "key", "name", "unit", "every", "minimum", "maximum", "warnAbove", "alarmAbove", "warnBelow", 
    "alarmBelow", "hysteresis", "deadband", "decimals", "source", "papaya.sensors", "reportEverySeconds",
    "shared", "client", "deleted",
    "method", "params", "keys", "seconds", "color", "onMs", "offMs", "brightness", "rateLimits",
    "telemetryDataPoints", "papaya.agent.instance", "papaya.agent.host",
)  # fmt: skip

keys = st.one_of(st.sampled_from(KEYS).map(lambda key: f'"{key}"'), st.sampled_from(STRINGS))
scalars = st.sampled_from((*NUMERALS, *STRINGS, *OTHERS))


def objects(names: st.SearchStrategy[str], members: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return objects with such names and members."""
    pairs = st.lists(st.tuples(names, members).map(":".join), max_size=5)
    return pairs.map(lambda found: f"{{{','.join(found)}}}")


def lists(members: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return lists of such members."""
    return st.lists(members, max_size=4).map(lambda found: f"[{','.join(found)}]")


documents = st.recursive(scalars, lambda inner: st.one_of(lists(inner), objects(keys, inner)), max_leaves=12)
# A sensor has a key, so that its other members are looked at.
sensors = objects(st.sampled_from(KEYS[1:13]).map(lambda key: f'"{key}"'), st.one_of(scalars, documents)).map(
    lambda text: text[:-1] + (',"key":"a"}' if len(text) > 2 else '"key":"a"}')
)
payloads = st.one_of(
    documents.map(str.encode),
    st.sampled_from(BROKEN).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=60),
)
