"""Texts by number: the same text has the same number, and what nothing holds leaves and is never missed."""

from __future__ import annotations

import threading

import numpy as np
from papaya_gui.models.texts import Texts


def test_a_text_has_one_number_and_a_number_one_text() -> None:
    texts = Texts()
    numbers = [texts.number(word) for word in ("open", "shut", "open", "")]
    assert numbers == [0, 1, 0, 2]
    assert [texts.text(number) for number in (0, 1.0, 2)] == ["open", "shut", ""]


def test_what_nothing_holds_is_still_told_once_and_then_leaves() -> None:
    texts = Texts()
    kept, left = texts.number("kept"), texts.number("left" * 1000)
    heavy = texts.weight
    texts.retire(np.array([kept, kept], np.float64))
    assert (texts.text(kept), texts.text(left)) == ("kept", "left" * 1000)
    texts.retire(np.array([kept], np.float64))
    assert (len(texts), texts.text(kept)) == (1, "kept")
    assert texts.weight < heavy - 4000
    assert texts.number("kept") == kept


def test_a_text_that_comes_again_after_it_was_retired_gets_another_number() -> None:
    texts = Texts()
    before = texts.number("open")
    texts.retire(np.empty(0))
    after = texts.number("open")
    assert after != before
    texts.retire(np.array([after], np.float64))
    assert texts.text(after) == "open"
    assert len(texts) == 1


def test_a_reading_that_was_on_its_way_keeps_its_text() -> None:
    texts = Texts()
    number = texts.number("on its way")
    texts.retire(np.empty(0))
    for _ in range(3):
        texts.retire(np.array([number], np.float64))
        assert texts.text(number) == "on its way"
    texts.retire(np.empty(0))
    assert len(texts) == 0
    assert texts.weight == 0


def test_threads_agree_on_numbers_while_others_leave() -> None:
    texts = Texts()
    wrong: list[str] = []
    done = threading.Event()

    def number() -> None:
        for turn in range(20_000):
            word = f"word {turn % 50}"
            if texts.text(texts.number(word)) != word:
                wrong.append(word)

    def retire() -> None:
        # Everything is held, but for texts of long ago: as in the window, where ten seconds lie between two.
        while not done.is_set():
            texts.retire(np.arange(max(0, texts._next - 5_000), texts._next, dtype=np.float64))

    workers = [threading.Thread(target=number) for _ in range(4)]
    retiring = threading.Thread(target=retire)
    retiring.start()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    done.set()
    retiring.join(60)
    assert not wrong
