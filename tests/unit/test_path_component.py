"""Names of devices as names of files."""

from __future__ import annotations

from papaya.path_component import file_stem, path_component


def test_what_has_a_meaning_in_paths_is_encoded() -> None:
    assert path_component("PM/1") == "PM%2F1"
    assert path_component("..") == "%2E%2E"
    assert path_component("MG Road, bay 1") == "MG Road, bay 1"


def test_a_long_name_is_cut_and_stays_its_own() -> None:
    one, other = file_stem("x" * 300), file_stem("x" * 299)
    assert one != other
    assert max(len(one), len(other)) <= 200
    assert file_stem("x" * 200) == "x" * 200
