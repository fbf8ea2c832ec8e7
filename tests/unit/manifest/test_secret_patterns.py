"""What is expanded into a reference to a secret stays where the manifest says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from papaya.manifest.model import Fleet

Valid = Callable[..., Fleet]
Faults = Callable[..., list[str]]


def devices(pattern: str, name: str) -> str:
    """Return the body of a manifest with one device of this name, whose token a pattern names."""
    return (
        f"defaults: {{device: {{credentials: {{accessToken: {{file: '{pattern}'}}}}}}}}\n"
        f'countries: [{{name: C, states: [{{name: S, devices: [{{name: "{name}"}}]}}]}}]\n'
    )


@pytest.mark.parametrize(
    ("pattern", "name", "file"),
    [
        ("tokens/{{ name }}", "PM-1", "tokens/PM-1"),
        ("tokens/{{ name }}", "../../outside.secret", "tokens/..%2F..%2Foutside.secret"),
        ("tokens/{{ name }}", "/etc/passwd", "tokens/%2Fetc%2Fpasswd"),
        ("tokens/{{ name }}/token", "..", "tokens/%2E%2E/token"),
        ("tokens/{{ name }}/token", ".", "tokens/%2E/token"),
        ("tokens/{{ name | lower }}", "../X", "tokens/..%2fx"),
        ("tokens/{{ state }}/{{ name }}.txt", "A B", "tokens/S/A B.txt"),
        ("../tokens/{{ name }}", "A", "../tokens/A"),
    ],
)
def test_a_name_is_one_part_of_a_path(fleet: Valid, pattern: str, name: str, file: str) -> None:
    """Folders are written out in the pattern."""
    (device,) = fleet(devices(pattern, name)).devices()
    assert device.access_token is not None
    assert device.access_token.file == file


@pytest.mark.parametrize("named", ["../x", "/etc/passwd", "~/x", "a/../../x"])
@pytest.mark.parametrize(
    "pattern", ['"{{ f }}"', '"{{ f | trim }}"', "'{{ \"\" ~ f }}'", "\"{{ 'a/../' ~ f }}\""]
)
def test_a_cell_leads_no_reference_out_of_the_folder(faults: Faults, named: str, pattern: str) -> None:
    """Neither by `each` nor by a header."""
    body = (
        "countries: [{name: C, states: [{name: S}]}]\n"
        'devicesFrom: {csv: a.csv, each: {country: C, state: S, name: "{{ n }}", '
        f"credentials: {{accessToken: {{file: {pattern}}}}}}}}}\n"
    )
    (found,) = faults(body, csv={"a.csv": f"n,f\nD,{named}\n"})
    assert "out of the folder of the manifest" in found
    body = "countries: [{name: C, states: [{name: S, devicesFrom: {csv: a.csv}}]}]\n"
    (found,) = faults(body, csv={"a.csv": f"name,credentials.accessToken.file\nD,{named}\n"})
    assert "out of the folder of the manifest" in found


def test_a_cell_names_no_variable_of_papaya(faults: Faults) -> None:
    """The operator's password would become a token."""
    body = "countries: [{name: C, states: [{name: S, devicesFrom: {csv: a.csv}}]}]\n"
    (found,) = faults(body, csv={"a.csv": "name,credentials.accessToken.env\nD,PAPAYA_PASSWORD\n"})
    assert found.endswith("is PAPAYA_PASSWORD, a variable of papaya itself")


@pytest.mark.parametrize("pattern", ["{{ name }}", "{{ name | upper }}", "_{{ name }}_{{ state }}"])
def test_a_name_does_not_choose_any_variable_of_the_environment(faults: Faults, pattern: str) -> None:
    """The operator's cloud key would become a token; a part that is written out says which are meant."""
    body = devices(pattern, "AWS_SECRET_ACCESS_KEY").replace("{file:", "{env:")
    (found,) = faults(body)
    assert "could be any variable of the environment" in found
    assert not faults(body.replace("{env: '", "{env: 'TOKEN_"))


def test_a_cell_of_a_row_does_not_either(faults: Faults) -> None:
    body = (
        "countries: [{name: C, states: [{name: S}]}]\n"
        'devicesFrom: {csv: a.csv, each: {country: C, state: S, name: "{{ n }}", '
        'credentials: {accessToken: {env: "{{ f }}"}}}}\n'
    )
    (found,) = faults(body, csv={"a.csv": "n,f\nD,AWS_SECRET_ACCESS_KEY\n"})
    assert "could be any variable of the environment" in found
    assert not faults(body.replace('"{{ f }}"', '"{{ f }}_TOKEN"'), csv={"a.csv": "n,f\nD,PM_1\n"})


def test_a_cell_may_name_a_file_of_the_folder(fleet: Valid) -> None:
    """In a folder below it, too; where the pattern has text of its own it is one part."""
    body = (
        "countries: [{name: C, states: [{name: S}]}]\n"
        "devicesFrom:\n"
        '  - {csv: a.csv, each: {country: C, state: S, name: "{{ n }}", '
        'credentials: {accessToken: {file: "{{ f }}"}}}}\n'
        '  - {csv: a.csv, each: {country: C, state: S, name: "X{{ n }}", '
        'credentials: {accessToken: {file: "../t/{{ f }}"}}}}\n'
    )
    found = fleet(body, csv={"a.csv": "n,f\nD,sub/one\n"})
    assert [device.access_token and device.access_token.file for device in found.devices()] == [
        "sub/one",
        "../t/sub%2Fone",
    ]
