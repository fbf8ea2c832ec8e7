"""The record of what was last applied, and fingerprints in it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from papaya.engine.address import Address
from papaya.engine.fingerprint import fingerprint, fits
from papaya.engine.inventory import Applied, Entity
from papaya.engine.record import from_text, is_current, record_of, to_json
from papaya.manifest.model import Json

ENTITY = Entity(
    Address("device", "PM-1"),
    "device",
    profile="IoT-Gateway",
    label="bay 1",
    description="",
    gateway=False,
    customer="Acme",
    parents=("Karnataka",),
    server={"bays": 2, "empty": "", "flag": True, "list": [1, 2.5], "digits": "007", "ü": "é"},
    shared={"papaya.sensors": [{"key": "t"}]},
    formerly="PM-0",
)


def test_a_record_comes_back_as_it_was_written() -> None:
    record = replace(record_of(ENTITY), token="salt$digest")

    assert from_text(json.dumps(to_json(record))) == record


def test_a_record_of_an_entity_is_current_for_it() -> None:
    assert is_current(from_text(json.dumps(to_json(record_of(ENTITY)))), record_of(ENTITY))


def test_undeclared_fields_are_not_recorded() -> None:
    assert record_of(Entity(Address("asset", "INDIA"), "country", profile="Country")).fields == {
        "profile": "Country"
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        "7",
        "null",
        "{}",
        '{"form": 2}',
        '{"form": "1"}',
        '{"form": 1, "server": []}',
        '{"form": 1, "shared": "x"}',
        "{" * 100_000,
        "[" * 100_000,
    ],
)
def test_a_damaged_record_is_no_record(text: str) -> None:
    assert from_text(text) is None


def test_a_damaged_fingerprint_is_none() -> None:
    assert from_text('{"form": 1, "token": {"a": 1}}') == Applied()


def test_no_record_is_never_current() -> None:
    assert not is_current(None, record_of(ENTITY))


@pytest.mark.parametrize(
    ("key", "value"), [("bays", True), ("bays", "2"), ("bays", 3), ("digits", 7), ("flag", 1), ("new", 1)]
)
def test_another_value_or_type_makes_a_record_old(key: str, value: Json) -> None:
    record = record_of(ENTITY)

    assert not is_current(replace(record, server={**record.server, key: value}), record)


def test_whole_numbers_are_the_same_however_they_are_written() -> None:
    record = record_of(ENTITY)

    assert is_current(replace(record, server={**record.server, "bays": 2.0}), record)


def test_parent_and_token_do_not_make_a_record_old() -> None:
    record = record_of(ENTITY)
    older = replace(record, fields={**record.fields, "parent": "Kerala"}, token="x$y")

    assert is_current(older, record)


def test_a_fingerprint_fits_its_secret_alone() -> None:
    known = fingerprint("secret", "salt")

    assert fits("secret", known)
    assert not fits("Secret", known)
    assert "secret" not in known


@pytest.mark.parametrize("known", ["", "$", "no salt", "sält$dïgest", "\ud800$x"])
def test_a_damaged_fingerprint_fits_nothing(known: str) -> None:
    assert not fits("secret", known)
