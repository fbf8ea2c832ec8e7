"""Reading a `config.properties`, whatever is in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papaya.diagnostics import Diagnostic
from papaya.manifest.model import Location
from papaya.settings import Properties, read_properties

COMPLETE = """\
# What this meter needs.
[thingsboard]
url = https://tb.example.com
username = admin@example.com
password = 50%off ; # not a comment
token = eyJ.abc.def

[profiles]
country_profile_name = Country
state_profile_name = State
device_profile_name = IoT-Gateway

[assets]
country_name = INDIA
state_name = Karnataka
serial_number = 0012
device_name = PM-0001

[location]
latitude = 12.97
longitude = 77.59

[ssh]
enabled = yes
host = bastion.example.com
user = papaya
key_path = /etc/papaya/id_ed25519
remote_port = 20001
"""


def read(text: str) -> Properties:
    outcome = read_properties(text, "config.properties")
    assert isinstance(outcome, Properties), outcome
    return outcome


def faults(text: str) -> list[str]:
    outcome = read_properties(text, "config.properties")
    assert not isinstance(outcome, Properties), outcome
    return [f"{fault.mark}: {fault.summary}" for fault in outcome if fault.severity == "error"]


def test_the_known_format_is_read_completely() -> None:
    properties = read(COMPLETE)
    assert properties.url == "https://tb.example.com"
    assert properties.username == "admin@example.com"
    assert properties.password == "50%off ; # not a comment"
    assert properties.token == "eyJ.abc.def"
    assert properties.refresh_token is None
    assert properties.country_profile_name == "Country"
    assert properties.device_profile_name == "IoT-Gateway"
    assert properties.serial_number == "0012"
    assert properties.location == Location(12.97, 77.59)
    assert properties.ssh_enabled is True
    assert properties.ssh_remote_port == 20001
    assert properties.warnings == ()
    assert str(properties.mark("thingsboard", "url")) == "config.properties:3"
    assert str(properties.mark("ssh", "remote_port")) == "config.properties:28"


def test_secrets_are_not_in_the_representation() -> None:
    shown = repr(read(COMPLETE))
    assert "50%off" not in shown
    assert "eyJ" not in shown


def test_empty_values_and_an_empty_file_say_nothing() -> None:
    assert read("[thingsboard]\nurl = \ntoken =\n").url is None
    assert read("").url is None


def test_a_byte_order_mark_is_a_warning_and_the_file_is_read() -> None:
    properties = read("\ufeff" + COMPLETE)
    assert properties.url == "https://tb.example.com"
    assert [warning.summary for warning in properties.warnings] == ["the file begins with a byte-order mark"]


def test_windows_line_ends_are_read() -> None:
    assert read(COMPLETE.replace("\n", "\r\n")).device_name == "PM-0001"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("url = x\n", "config.properties:1:1: this line stands before the first section"),
        ("// c\n[thingsboard]\n", "config.properties:1:1: this line stands before the first section"),
        ("REM c\n[thingsboard]\n", "config.properties:1:1: this line stands before the first section"),
        ("[thingsboard]\n// c\nurl=x\n", "config.properties:2:1: this line is no `key = value`"),
        ("[thingsboard]\n! c\nurl=x\n", "config.properties:2:1: this line is no `key = value`"),
        ("[thingsboard]\nurl\n", "config.properties:2:1: this line is no `key = value`"),
        ("[thingsboard\nurl=x\n", "config.properties:1:1: this line stands before the first section"),
        ("[thingsboard]\nurl=x\nurl=y\n", "config.properties:3:1: [thingsboard] has url twice"),
        ("[ssh]\n[ssh]\n", "config.properties:2:1: there are two sections [ssh]"),
        ("[thingsboard]\nurl=x # c\n", "config.properties:2: [thingsboard] url: the value has spaces in it"),
        (
            "[thingsboard]\ntoken = x\n  # c\n",
            "config.properties:2: [thingsboard] token: the value goes on in the next line",
        ),
        (
            "[location]\nlatitude = 91\nlongitude=1\n",
            "config.properties:2: [location] latitude: '91' is no latitude",
        ),
        (
            "[location]\nlatitude = 1\n",
            "config.properties:2: [location] latitude: there is no longitude beside it",
        ),
        ("[ssh]\nremote_port = 70000\n", "config.properties:2: [ssh] remote_port: '70000' is no port"),
        ("[ssh]\nenabled = maybe\n", "config.properties:2: [ssh] enabled: 'maybe' is neither true nor false"),
    ],
)
def test_what_cannot_be_read_is_a_fault_with_its_line(text: str, expected: str) -> None:
    assert expected in faults(text)


def test_every_odd_line_is_told_at_once() -> None:
    assert len(faults("[thingsboard]\n// a\nurl=x\n! b\n")) == 2


def test_a_line_that_may_be_a_piece_of_a_secret_is_not_quoted() -> None:
    outcome = read_properties("[thingsboard]\ntoken = a\nhunter2hunter2\n", "config.properties")
    assert not isinstance(outcome, Properties)
    assert "hunter2" not in repr(outcome)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("[thingsbord]\nurl=x\n", "Did you mean thingsboard?"),
        ("[Thingsboard]\nurl=x\n", "Did you mean thingsboard?"),
        ("[thingsboard]\npasword=x\n", "Did you mean password?"),
        ("[mqtt]\nport=1883\n", "It is not read."),
    ],
)
def test_what_papaya_does_not_know_is_a_warning(text: str, remedy: str) -> None:
    assert [warning.remedy for warning in read(text).warnings] == [remedy]


@given(st.text(alphabet=st.sampled_from("[]=:#;! \t\r\n\ufeff\x00%ab1thingsboardurltoken")))
def test_no_text_is_a_crash(text: str) -> None:
    outcome = read_properties(text, "config.properties")
    if not isinstance(outcome, Properties):
        assert all(isinstance(fault, Diagnostic) for fault in outcome)
        assert any(fault.severity == "error" for fault in outcome)


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("thingsboard", "url", '"http://h"'),
        ("assets", "device_name", "'D'"),
        ("location", "latitude", '"1"'),
        ("thingsboard", "url", "“http://h”"),
        ("thingsboard", "username", "„a@b.de“"),
        ("assets", "state_name", "«X»"),
    ],
)
def test_a_value_in_quotes_is_a_fault(section: str, key: str, value: str) -> None:
    """It would be looked for with its quotes, and never found."""
    assert f"[{section}] {key}: the value stands in quotes" in faults(f"[{section}]\n{key} = {value}\n")[0]


def test_a_password_in_quotes_is_a_warning() -> None:
    """It may have them."""
    properties = read('[thingsboard]\npassword = "hunter2"\n')
    assert properties.password == '"hunter2"'
    assert [warning.summary for warning in properties.warnings] == [
        "[thingsboard] password: the password stands in quotes, which are a part of it"
    ]
