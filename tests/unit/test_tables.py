"""Tables for a terminal: no line is wider than there is room, and what matters least goes first."""

from __future__ import annotations

from papaya.render.layout import cells
from papaya.render.outcomes import Outcome, outcomes_text
from papaya.render.sensors import agent_text, summary_text
from papaya.render.table import age_text, table_text
from papaya.sensors.view import AgentView, SensorView


def test_a_table_fits_and_loses_its_last_columns_first() -> None:
    rows = [("PM-0001", "A long place with a long name", "x" * 30, "y" * 30), ("計器", "b\x1b[31m", "", "")]
    text = table_text(("A", "B", "C", "D"), rows, width=60, optional=2)
    assert max(map(cells, text.splitlines())) <= 60
    assert "A  " in text and " C" not in text and "A long place with a long name" in text
    assert "\x1b" not in text
    narrow = table_text(("A", "B"), [("x" * 100, "y" * 100)], width=40)
    assert max(map(cells, narrow.splitlines())) <= 40 and "…" in narrow


def test_of_many_devices_only_those_without_an_answer_are_listed() -> None:
    outcomes = [Outcome(f"PM-{n}", "answered", 0.1) for n in range(500)] + [Outcome("X-1", "offline", 5.0)]
    text = outcomes_text(outcomes, "ping", width=80, color=False)
    assert "X-1" in text and "PM-7" not in text
    assert "ping: 500 answered, 1 offline. 500 not listed: --full" in text
    silent = outcomes_text([Outcome(f"Y-{n}", "slow") for n in range(900)], "ping", width=80, color=False)
    assert len(silent.splitlines()) < 30 and "ping: 900 slow. 880 not listed: --full" in silent
    assert "PM-7 " in outcomes_text(outcomes, "ping", width=80, color=False, full=True)


def test_an_age_has_its_two_greatest_units() -> None:
    assert [age_text(seconds) for seconds in (-1, 12, 300, 11_400, 356_400)] == [
        "0 s", "12 s", "5 min", "3 h 10 min", "4 d 3 h",
    ]  # fmt: skip


def test_the_table_of_an_agent_fits_into_the_terminal() -> None:
    sensors = tuple(
        SensorView(f"k{n}", f"Sensor {n}", "°C", 20.5, 9_000, sent=n, waiting=2) for n in range(50)
    )
    faulty = SensorView("bad", "Bad", "", fault="it gave no answer within 5 s")
    view = AgentView("PM-1", "mqtt://x", "connected", (faulty, *sensors), 10, 100, now=12_000)
    text = agent_text(view, width=80, color=False, rows=22)
    lines = text.splitlines()
    assert len(lines) <= 22 and max(map(cells, lines)) <= 80
    assert lines[0] == "PM-1 → mqtt://x: connected" and "more" in lines[-2]
    assert "20.5 °C" in text and "3 s" in text and "no answer within" in text
    assert summary_text(view, 61) == (
        "PM-1 ran for 1 min: 10 readings sent, 100 waiting for the next run; 1 sensor could not be read: Bad."
    )


def test_a_long_answer_is_whole_for_one_device_and_on_demand() -> None:
    """A table of several devices cuts it, and says how to get it."""
    one, other = (Outcome(name, "answered", answer="x" * 200) for name in ("PM-1", "PM-2"))
    assert "x" * 200 in outcomes_text([one], "get", width=80, color=False)
    table = outcomes_text([one, other], "get", width=80, color=False)
    assert all(len(line) <= 80 for line in table.splitlines())
    assert table.endswith("get: 2 answered. Whole answers: --full\n")
    assert "x" * 200 in outcomes_text([one, other], "get", width=80, color=False, full=True)
