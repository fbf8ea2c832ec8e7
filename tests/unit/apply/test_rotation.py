"""A rotation tells of every device what became of it, and ends where no other can succeed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from papaya.apply.rotation import Rotation, Turn, carry_out, from_text, rotated, to_text
from papaya.engine.credentials import Proof, basic_proof
from papaya.engine.fingerprint import fits
from papaya.engine.inventory import Applied, Scope
from papaya.errors import PapayaError, Rejected, Unavailable, Unreachable
from papaya.manifest.model import Json


def token(value: str) -> Proof:
    return Proof("ACCESS_TOKEN", value)


TURNS = tuple(
    Turn(f"PM-{n}", f"id-{n}", ("INDIA", "Goa", f"PM-{n}"), token(f"old-{n}"), token(f"new-{n}"))
    for n in range(4)
)


class Attributes:
    """Remembers what is written, in order with the tokens."""

    def __init__(self) -> None:
        self.events: list[Json] = []

    def set_attributes(
        self, kind: Literal["device"], id_: str, scope: Scope, values: Mapping[str, Json]
    ) -> None:
        record = values["papaya.applied"]
        assert isinstance(record, dict)
        self.events.append(record.get("token"))


def test_what_was_read_back_is_what_was_written() -> None:
    rotation = Rotation("meters", "http://127.0.0.1:8080", TURNS)
    assert from_text(to_text(rotation)) == rotation
    for text in ("", "[]", "{}", '{"form": "papaya/rotation/v1"}', '{"form": 1}'):
        assert from_text(text) is None


def test_passwords_are_written_and_read_back_beside_what_they_belong_to() -> None:
    old, new = basic_proof("SN-1", "PM-1", "then"), basic_proof("SN-1", "PM-1", "now")
    rotation = Rotation("meters", "http://127.0.0.1:8080", (Turn("PM-1", "id-1", ("PM-1",), old, new),))
    assert from_text(to_text(rotation)) == rotation
    assert '"password": "now"' in to_text(rotation)
    assert "now" not in repr(rotation)


def test_a_file_of_an_older_version_still_continues() -> None:
    text = """{"form": "papaya/rotation/v1", "fleet": "f", "server": "s",
      "devices": [{"device": "PM-1", "id": "i", "path": ["PM-1"], "old": "a", "new": "b"}]}"""
    read = from_text(text)
    assert read is not None and read.turns[0].new == token("b")


def test_of_a_login_without_user_name_nothing_is_rotated() -> None:
    assert rotated(basic_proof("SN-1", None, None), "x") is None
    assert rotated(basic_proof("SN-1", "PM-1", None), "x") == basic_proof("SN-1", "PM-1", "x")


def test_no_token_is_in_what_may_be_logged() -> None:
    assert "old-1" not in repr(TURNS[1]) and "new-1" not in repr(TURNS[1])


def test_one_refusal_stops_nobody_else_but_a_server_that_is_gone_does() -> None:
    def rotate(id_: str, old: Proof, new: Proof) -> bool:
        if id_ == "id-0":
            raise Rejected("no")
        if id_ == "id-2":
            raise Unreachable("the server is gone")
        return True

    turned = carry_out(TURNS, rotate, Attributes(), {}, concurrency=1, reason_to_stop=lambda: "")
    assert [(one.status, one.reason) for one in turned] == [
        ("failed", "no"),
        ("done", ""),
        ("failed", "the server is gone"),
        ("not attempted", "the server is gone"),
    ]


def test_the_record_forgets_the_old_token_before_and_knows_the_new_one_after() -> None:
    written = Attributes()

    def rotate(id_: str, old: Proof, new: Proof) -> bool:
        written.events.append(f"token of {id_}")
        return True

    records = {"id-1": Applied(token="salt$old")}
    list(carry_out(TURNS[:2], rotate, written, records, concurrency=1, reason_to_stop=lambda: ""))
    first, before, token, after = written.events
    assert (first, before, token) == ("token of id-0", None, "token of id-1")
    assert isinstance(after, str) and fits("new-1", after)


def test_a_reason_to_stop_is_heard_before_each_device() -> None:
    turned = carry_out(
        TURNS, lambda *_: True, Attributes(), {}, concurrency=2, reason_to_stop=lambda: "interrupted"
    )
    assert {one.status for one in turned} == {"not attempted"}


def test_a_server_that_answers_nobody_any_more_is_not_waited_for_device_by_device() -> None:
    asked: list[str] = []

    def rotate(id_: str, old: Proof, new: Proof) -> bool:
        asked.append(id_)
        error: PapayaError = Unavailable("503", method="POST", path="/api/device/credentials")
        raise error

    turns = tuple(Turn(f"PM-{n}", f"id-{n}", ("PM",), token("old"), token("new")) for n in range(100))
    turned = list(carry_out(turns, rotate, Attributes(), {}, concurrency=4, reason_to_stop=lambda: ""))
    assert [one.turn for one in turned] == list(turns)
    failed = [one for one in turned if one.status == "failed"]
    assert len(failed) == len(asked) <= 4
    assert {one.status for one in turned if one not in failed} == {"not attempted"}
