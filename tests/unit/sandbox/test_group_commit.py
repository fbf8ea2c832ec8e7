"""Writes that share a transaction, and what follows a commit but no rollback."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from papaya.sandbox.store.database import Store
from papaya.sandbox.store.group_commit import GroupCommit


def test_outcomes_follow_the_commit_in_order() -> None:
    said: list[str] = []

    async def play(store: Store) -> None:
        writes = GroupCommit(store)

        def committed(name: str) -> None:
            # Nobody is told of what could still be rolled back.
            assert not store.connection.in_transaction
            assert store.setting(name) == "1"
            said.append(name)

        for name in ("a", "b", "c"):
            write = partial(store.set_setting, name, "1")
            writes.submit(write, partial(committed, name), partial(said.append, "failed"))
        assert said == []
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    with Store() as store:
        asyncio.run(play(store))
    assert said == ["a", "b", "c"]


def test_failing_write_takes_nothing_with_it() -> None:
    said: list[str] = []

    async def play(store: Store) -> None:
        writes = GroupCommit(store)

        def broken() -> None:
            store.set_setting("broken", "1")
            raise ValueError("broken")

        for name, write in (
            ("a", partial(store.set_setting, "a", "1")),
            ("broken", broken),
            ("b", partial(store.set_setting, "b", "1")),
        ):
            writes.submit(write, partial(said.append, name), partial(said.append, f"no {name}"))
        writes.flush()

    with Store() as store:
        asyncio.run(play(store))
        assert [store.setting(name) for name in ("a", "broken", "b")] == ["1", None, "1"]
    assert said == ["a", "no broken", "b"]


def test_consequences_of_a_rollback_do_not_happen() -> None:
    said: list[str] = []
    with Store() as store:
        with pytest.raises(ValueError, match="undo"), store.transaction():
            store.after_commit(partial(said.append, "whole"))
            raise ValueError("undo")
        with store.transaction():
            store.after_commit(partial(said.append, "first"))
            with pytest.raises(ValueError, match="undo"), store.savepoint():
                store.after_commit(partial(said.append, "part"))
                raise ValueError("undo")
            store.after_commit(partial(said.append, "last"))
            assert said == []
        assert said == ["first", "last"]
        store.after_commit(partial(said.append, "at once"))
    assert said == ["first", "last", "at once"]


def test_fault_of_a_listener_is_no_failed_write(caplog: pytest.LogCaptureFixture) -> None:
    def listener() -> None:
        raise RuntimeError("a listener's own")

    with Store() as store:
        with store.transaction():
            store.set_setting("a", "1")
            store.after_commit(listener)
        assert store.setting("a") == "1"
    assert "a listener's own" in caplog.text
