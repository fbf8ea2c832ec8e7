"""What is plotted in which panel, and every change of it undone and redone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from papaya_gui.models.looks import Looks
from papaya_gui.models.plotted import MOST_PANELS, MOST_PLOTTED, Plotted


def groups(plotted: Plotted) -> list[list[int]]:
    """Return the rows of every panel."""
    return [list(panel.rows) for panel in plotted.panels]


def plotted_with(*panels: list[int]) -> Plotted:
    """Return panels with these rows."""
    made = Plotted()
    made.begin_panels(panels)
    return made


def test_what_is_added_goes_to_the_chosen_panel_and_nothing_else_moves() -> None:
    plotted = plotted_with([1, 2], [3])
    plotted.make_current(plotted.panels[0].number)
    assert plotted.replace([1, 2, 3, 4])
    assert groups(plotted) == [[1, 2, 4], [3]]
    plotted.make_current(plotted.panels[1].number)
    assert plotted.replace([1, 2, 3, 4, 5])
    assert groups(plotted) == [[1, 2, 4], [3, 5]]
    assert plotted.rows == (1, 2, 4, 3, 5)


def test_a_row_is_moved_and_never_in_two_panels() -> None:
    plotted = plotted_with([1, 2], [3])
    second = plotted.panels[1].number
    assert plotted.put([1, 9], second)
    assert groups(plotted) == [[2], [3, 1, 9]]
    assert plotted.current == second
    assert not plotted.put([1], second)
    assert plotted.put_apart([3], 0)
    assert groups(plotted) == [[3], [2], [1, 9]]


def test_a_panel_that_loses_its_last_curve_is_gone_and_one_added_empty_stays() -> None:
    plotted = plotted_with([1], [2])
    assert plotted.put_apart((), 1)
    assert groups(plotted) == [[1], [], [2]]
    assert plotted.replace([1])
    assert groups(plotted) == [[1], []]
    empty = plotted.panels[1].number
    assert plotted.put([1], empty)
    assert groups(plotted) == [[1]]


def test_panels_are_moved_with_their_numbers_and_removed_with_their_curves() -> None:
    plotted = plotted_with([1], [2], [3])
    numbers = [panel.number for panel in plotted.panels]
    assert plotted.shift(numbers[2], -1)
    assert groups(plotted) == [[1], [3], [2]]
    assert [panel.number for panel in plotted.panels] == [numbers[0], numbers[2], numbers[1]]
    assert not plotted.shift(numbers[0], -1)
    assert plotted.remove_panel(numbers[2])
    assert groups(plotted) == [[1], [2]]


def test_there_is_an_end_of_curves_and_of_panels() -> None:
    plotted = plotted_with(list(range(MOST_PLOTTED - 1)))
    assert plotted.put([100, 101, 0], plotted.panels[0].number)
    assert len(plotted.rows) == MOST_PLOTTED
    assert 101 not in plotted.rows
    for _ in range(MOST_PANELS + 2):
        plotted.put_apart((), 0)
    assert len(plotted.panels) == MOST_PANELS


def test_a_handle_that_is_dragged_is_one_change_and_leaves_every_panel_a_height() -> None:
    plotted = plotted_with([1], [2], [3])
    numbers = [panel.number for panel in plotted.panels]
    assert plotted.divide(numbers[0], numbers[1], 0.6)
    assert plotted.divide(numbers[0], numbers[1], 0.7, goes_on=True)
    assert plotted.divide(numbers[0], numbers[1], 5.0, goes_on=True)
    shares = [panel.share for panel in plotted.panels]
    assert sum(shares) == 3.0 and shares[2] == 1.0 and shares[1] >= 0.15
    assert plotted.undo()
    assert [panel.share for panel in plotted.panels] == [1.0, 1.0, 1.0] and not plotted.can_undo
    assert not plotted.divide(numbers[0], 99, 0.5)


_CHANGES = st.one_of(
    st.tuples(st.just("replace"), st.lists(st.integers(0, 8), max_size=6)),
    st.tuples(st.just("put"), st.lists(st.integers(0, 8), max_size=3), st.integers(0, 4)),
    st.tuples(st.just("put_apart"), st.lists(st.integers(0, 8), max_size=3), st.integers(0, 4)),
    st.tuples(st.just("remove_panel"), st.integers(0, 4)),
    st.tuples(st.just("shift"), st.integers(0, 4), st.sampled_from([-1, 1])),
    st.tuples(st.just("divide"), st.integers(0, 4), st.integers(0, 4), st.floats(-1.0, 2.0)),
    st.tuples(st.just("grow"), st.integers(0, 4), st.sampled_from([0.5, 1.25])),
    st.tuples(st.just("level")),
    st.tuples(st.just("look"), st.builds(Looks().with_color, st.integers(0, 8), st.integers(-1, 7))),
)


@given(st.lists(_CHANGES, max_size=20))
def test_whatever_is_done_every_row_is_in_one_panel_and_undo_leads_back(
    changes: list[tuple[object, ...]],
) -> None:
    plotted = plotted_with([1, 2])
    before = [(plotted.panels, plotted.looks)]
    for name, *arguments in changes:
        if getattr(plotted, str(name))(*arguments):
            before.append((plotted.panels, plotted.looks))
        assert len(set(plotted.rows)) == len(plotted.rows)
        assert len({panel.number for panel in plotted.panels}) == len(plotted.panels)
    for known in reversed(before[:-1]):
        assert plotted.undo()
        assert (plotted.panels, plotted.looks) == known
    assert not plotted.can_undo
    for known in before[1:]:
        assert plotted.redo()
        assert (plotted.panels, plotted.looks) == known
