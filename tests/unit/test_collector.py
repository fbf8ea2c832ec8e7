"""Where Python looks for no garbage, it does so again afterwards, whatever happened."""

from __future__ import annotations

import gc

import pytest

from papaya.collector import collector_paused


def test_the_collector_is_paused_within_the_block_alone() -> None:
    with collector_paused():
        assert not gc.isenabled()
        with collector_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(LookupError), collector_paused():
        raise LookupError
    assert gc.isenabled()


def test_who_paused_it_before_decides_when_it_goes_on() -> None:
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
