"""Declared tokens that pass from one device of a run to another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from papaya.api.session import Session
from papaya.api.write import ServerWriter
from papaya.errors import PapayaError
from papaya.kinds.request import Upload
from papaya.manifest.load import Source, load
from papaya.manifest.model import Fleet, Json
from tests.unit.apply.hand import Person
from tests.unit.apply.run import CONSENT, Operator, differences

HEAD = """
apiVersion: papaya/v1
kind: Fleet
metadata: {name: meters}
profiles: {create: true}
countries:
  - name: INDIA
    states:
      - name: Karnataka
        devices:
"""


def fleet_of(*devices: str) -> Fleet:
    """Return a fleet in which device A has the token of variable A, and so on."""
    entries = (
        f"          - {{name: {name}, credentials: {{accessToken: {{env: {name}}}}}}}" for name in devices
    )
    loaded = load([Source("fleet.yaml", HEAD + "\n".join(entries))])
    assert loaded.fleet is not None, loaded.diagnostics
    return loaded.fleet


def tokens(person: Person, *devices: str) -> list[str]:
    return [person.token(name) for name in devices]


def test_two_devices_exchange_their_tokens_in_one_run(operator: Operator, person: Person) -> None:
    fleet = fleet_of("A", "B")
    operator.secrets = {"A": "one", "B": "two"}
    operator.apply(fleet)
    operator.secrets = {"A": "two", "B": "one"}
    plan = operator.converge(fleet)
    assert [change.writes.credentials for change in plan.changes] == ["replace", "replace"]
    assert tokens(person, "A", "B") == ["two", "one"]


def test_tokens_go_round_in_a_ring(operator: Operator, person: Person) -> None:
    names = ("A", "B", "C", "D", "E", "F")
    fleet = fleet_of(*names)
    operator.secrets = {name: f"token-{index}" for index, name in enumerate(names)}
    operator.apply(fleet)
    operator.secrets = {name: f"token-{(index + 1) % 6}" for index, name in enumerate(names)}
    operator.converge(fleet)
    assert tokens(person, *names) == [f"token-{(index + 1) % 6}" for index in range(6)]


def test_a_new_device_takes_the_token_of_one_that_gets_another(operator: Operator, person: Person) -> None:
    operator.secrets = {"A": "one"}
    operator.apply(fleet_of("A"))
    operator.secrets = {"A": "two", "B": "one"}
    operator.converge(fleet_of("A", "B"))
    assert tokens(person, "A", "B") == ["two", "one"]


def test_a_token_outlives_the_device_that_is_destroyed(operator: Operator, person: Person) -> None:
    operator.secrets = {"A": "one", "B": "two"}
    operator.apply(fleet_of("A", "B"))
    operator.secrets = {"B": "one"}
    operator.converge(fleet_of("B"))
    assert person.names("device").count("A") == 0
    assert tokens(person, "B") == ["one"]
    operator.secrets = {"C": "one"}
    operator.converge(fleet_of("C"))
    assert tokens(person, "C") == ["one"]


def test_the_token_of_a_device_that_keeps_it_is_refused(operator: Operator, person: Person) -> None:
    fleet = fleet_of("A", "B")
    operator.secrets = {"A": "one", "B": "two"}
    operator.apply(fleet)
    operator.secrets = {"A": "two", "B": "two"}
    result = operator.execute(operator.plan(fleet))
    [outcome] = result.outcomes
    assert outcome.status == "failed"
    assert "already assigned" in outcome.reason
    assert tokens(person, "A", "B") == ["one", "two"]


def test_two_devices_that_want_one_token_do_not_take_it_from_each_other(
    operator: Operator, person: Person
) -> None:
    fleet = fleet_of("A", "B")
    operator.secrets = {"A": "one", "B": "two"}
    operator.apply(fleet)
    operator.secrets = {"A": "three", "B": "three"}
    result = operator.execute(operator.plan(fleet), concurrency=1)
    assert [outcome.status for outcome in result.outcomes] == ["done", "failed"]
    assert "the same access token in the manifest" in result.outcomes[1].reason
    assert tokens(person, "A", "B") == ["three", "two"]


class Killed(BaseException):
    """The process has ended."""


class Dying:
    """A session whose process is killed before or after its Nth writing request."""

    def __init__(self, session: Session, *, before: int | None = None, after: int | None = None) -> None:
        self._session, self._before, self._after, self.sent = session, before, after, 0

    def get(self, path: str, *, params: Mapping[str, str | int | bool] | None = None) -> Json:
        self._check()
        return self._session.get(path, params=params)

    def post(self, path: str, body: Json, **options: Any) -> Json:
        self._count()
        answer = self._session.post(path, body, **options)
        self._check()
        return answer

    def delete(self, path: str, *, params: Mapping[str, str | int | bool] | None = None) -> Json:
        self._count()
        answer = self._session.delete(path, params=params)
        self._check()
        return answer

    def upload(self, path: str, file: Upload, *, params: Mapping[str, str | int | bool]) -> Json:
        raise AssertionError("tokens need no upload")

    def _count(self) -> None:
        self._check()
        self.sent += 1
        if self.sent == self._before:
            raise Killed

    def _check(self) -> None:
        if (self._after is not None and self.sent >= self._after) or (
            self._before is not None and self.sent >= self._before
        ):
            raise Killed


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_exchange_that_is_killed_converges(operator: Operator, person: Person, moment: str) -> None:
    fleet, names = fleet_of("A", "B", "C"), ("A", "B", "C")
    turn = 0
    operator.secrets = {name: f"token-{index}" for index, name in enumerate(names)}
    operator.apply(fleet)
    for number in range(1, 30):
        turn += 1
        wanted = {name: f"token-{(index + turn) % 3}" for index, name in enumerate(names)}
        operator.secrets = wanted
        dying = Dying(operator.session, **{moment: number})
        whole, operator.writer = operator.writer, ServerWriter(dying)
        plan = operator.plan(fleet)
        try:
            operator.execute(plan, concurrency=1)
        except Killed:
            died = True
        else:
            died = False
        operator.writer = whole
        if number % 2:
            # Whoever puts the old secrets back after the crash must get the old tokens back, too.
            wanted = operator.secrets = {
                name: f"token-{(index + turn - 1) % 3}" for index, name in enumerate(names)
            }
            turn -= 1
        operator.converge(fleet)
        assert {name: person.token(name) for name in names} == wanted, (moment, number)
        if not died:
            assert number > 6
            return
    raise AssertionError("the run never came to its end")


def test_a_refusal_for_another_reason_stays_what_it_is(operator: Operator) -> None:
    fleet = fleet_of("A")
    operator.secrets = {"A": "one"}
    operator.apply(fleet)
    operator.secrets = {"A": ""}
    plan = operator.plan(fleet, CONSENT)
    if differences(plan):
        [outcome] = operator.execute(plan).outcomes
        assert outcome.status == "failed"
        assert "should be specified" in outcome.reason
    else:
        raise AssertionError(PapayaError)
