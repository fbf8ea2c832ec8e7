"""The window among a desktop's applications: entry and icon, put in place and taken away."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from papaya_gui.desktop import (
    complaints,
    data_folder,
    entry_text,
    exec_line,
    icon_png,
    icon_svg,
    install_desktop,
    uninstall_desktop,
    window_command,
)
from PyQt6.QtGui import QImage

from papaya.errors import PapayaError

ARGUMENTS = ["--source", "thingsboard", "/home/somebody/my fleet/100 %/$fleet \"a\" 'b'\\c.yaml"]


def parsed(line: str) -> list[str]:
    """Return the arguments that a desktop makes of an Exec value, by the letter of the specification."""
    text = line.replace("\\\\", "\\")
    arguments: list[str] = []
    word, is_quoted, is_word, place = "", False, False, 0
    while place < len(text):
        letter = text[place]
        if is_quoted and letter == "\\":
            place += 1
            assert text[place] in '"`$\\', "only these may follow a backslash"
            word += text[place]
        elif letter == '"':
            is_quoted, is_word = not is_quoted, True
        elif letter == " " and not is_quoted:
            if is_word:
                arguments.append(word)
            word, is_word = "", False
        else:
            assert is_quoted or letter not in "\t'\\><~|&;$*?#()`", f"{letter} must stand in quotes"
            word, is_word = word + letter, True
        place += 1
    assert not is_quoted
    arguments += [word] if is_word else []
    for argument in arguments:
        assert "%" not in argument.replace("%%", ""), "no field codes"
    return [argument.replace("%%", "%") for argument in arguments]


@given(st.lists(st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"])), min_size=1))
@example(ARGUMENTS)
@example(["", "\\", "%f", "%%", "a b"])
def test_a_desktop_starts_exactly_what_was_meant(arguments: list[str]) -> None:
    assert parsed(exec_line(arguments)) == arguments


def test_a_plain_command_is_not_quoted() -> None:
    assert exec_line(["/usr/bin/papaya-gui", "--device=PM-0001"]) == "/usr/bin/papaya-gui --device=PM-0001"


@pytest.mark.parametrize("argument", ["a\nb", "a\rb", "a\0b"])
def test_a_line_break_cannot_begin_another_key(argument: str) -> None:
    with pytest.raises(PapayaError, match="cannot name"):
        exec_line([argument])


def test_entry_and_icons_are_installed_once_and_again(tmp_path: Path) -> None:
    installed = install_desktop(ARGUMENTS, folder=tmp_path)
    assert [str(path.relative_to(tmp_path)) for path in installed] == [
        "applications/papayameter.desktop",
        "icons/hicolor/scalable/apps/papayameter.svg",
        "icons/hicolor/256x256/apps/papayameter.png",
    ]
    assert complaints(installed[0]) == ""
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in installed}
    assert install_desktop(ARGUMENTS, folder=tmp_path) == installed
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in installed} == before
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 3


def test_the_window_starts_in_the_folder_that_its_arguments_are_relative_to(tmp_path: Path) -> None:
    there = tmp_path / "my fleet \\ 2"
    there.mkdir()
    entry = install_desktop(["fleet.yaml"], start_in=there, folder=tmp_path)[0]
    assert f"\nPath={tmp_path}/my fleet \\\\ 2\n" in entry.read_text()
    assert complaints(entry) == ""
    with pytest.raises(PapayaError, match="cannot name"):
        entry_text(["/usr/bin/papaya-gui"], [], tmp_path / "a\nExec=b")


def test_other_arguments_replace_the_entry(tmp_path: Path) -> None:
    entry = install_desktop(ARGUMENTS, folder=tmp_path)[0]
    install_desktop([], folder=tmp_path)
    assert exec_line(window_command()) in entry.read_text()
    assert "thingsboard" not in entry.read_text()


def test_the_entry_starts_the_window_of_this_papaya(tmp_path: Path) -> None:
    lines = dict(
        line.split("=", 1)
        for line in install_desktop(ARGUMENTS, folder=tmp_path)[0].read_text().splitlines()[1:]
    )
    command = parsed(lines["Exec"])
    assert command == [*window_command(), *ARGUMENTS]
    assert os.access(command[0], os.X_OK)
    assert lines["TryExec"] == command[0]
    assert lines["Icon"] == "papayameter" and lines["Terminal"] == "false"


def test_what_was_installed_is_removed_and_nothing_else(tmp_path: Path) -> None:
    other = tmp_path / "applications" / "other.desktop"
    other.parent.mkdir()
    other.write_text("of somebody else")
    installed = install_desktop(folder=tmp_path)
    assert uninstall_desktop(tmp_path) == installed
    assert uninstall_desktop(tmp_path) == ()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [other]


def test_a_folder_that_cannot_be_written_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "applications").write_text("in the way")
    with pytest.raises(PapayaError, match=r"cannot be written: .*\ncorrect the rights"):
        install_desktop(folder=tmp_path)


def test_the_icon_is_drawn_with_a_transparent_ground() -> None:
    image = QImage.fromData(icon_png(icon_svg()))
    assert (image.width(), image.height()) == (256, 256)
    assert image.pixelColor(0, 0).alpha() == 0
    assert image.pixelColor(128, 60).name() != image.pixelColor(128, 128).name()


def test_the_folder_is_the_users_as_the_desktop_has_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_folder({}) == tmp_path / ".local" / "share"
    assert data_folder({"XDG_DATA_HOME": "/srv/data"}) == Path("/srv/data")
    assert data_folder({"XDG_DATA_HOME": "relative"}) == tmp_path / ".local" / "share"


def test_the_entry_says_what_the_window_is() -> None:
    assert entry_text(["/usr/bin/papaya-gui"]).startswith("[Desktop Entry]\nType=Application\n")
