"""Fresh tokens go into `config.properties`, and nothing else changes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from papaya.errors import SettingsError
from papaya.settings import Properties, read_properties
from papaya.settings.write_back import with_tokens, write_tokens

COMMENTED = """\
# Do not edit by hand.   

;odd    spacing stays
[thingsboard]
url   =   https://tb.example.com
Token = old
# about the password
password=p # w

[assets]
country_name : INDIA
   # an indented comment
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "config.properties"
    path.write_text(COMMENTED)
    path.chmod(0o644)
    return path


def test_only_the_token_changes(path: Path) -> None:
    write_tokens(path, "new", None)
    assert path.read_text() == COMMENTED.replace("Token = old", "Token = new")


def test_a_refresh_token_gets_a_line_of_its_own(path: Path) -> None:
    write_tokens(path, "new", "fresh")
    assert path.read_text() == COMMENTED.replace("Token = old", "Token = new\nrefresh_token = fresh")
    write_tokens(path, "newer", "fresher")
    assert path.read_text() == COMMENTED.replace("Token = old", "Token = newer\nrefresh_token = fresher")


@pytest.mark.parametrize(
    "text",
    [
        COMMENTED,
        COMMENTED.replace("\n", "\r\n"),
        "\ufeff" + COMMENTED,
        COMMENTED.replace("Token = old\n", ""),
        "[thingsboard]\nurl = x",
        "[thingsboard]\n",
        "[thingsboard]",
        "[thingsboard]\ntoken =",
        "[thingsboard]\ntoken:\n\n[ssh]\nhost = h",
    ],
)
def test_the_tokens_can_be_read_again_and_every_other_byte_is_kept(text: str) -> None:
    after = with_tokens(text, "new", "fresh")
    properties = read_properties(after, "config.properties")
    assert isinstance(properties, Properties)
    assert (properties.token, properties.refresh_token) == ("new", "fresh")
    kept = [line for line in after.splitlines() if "new" not in line and "fresh" not in line]
    assert kept == [line for line in text.splitlines() if not line.lower().startswith("token")]
    assert ("\r\n" in after) == ("\r\n" in text)
    assert "\r\n" not in after or "\n" not in after.replace("\r\n", "")
    assert after.startswith("\ufeff") == text.startswith("\ufeff")


def test_a_file_that_would_lose_a_comment_is_left_alone() -> None:
    with pytest.raises(SettingsError, match="would change other lines"):
        with_tokens("[thingsboard]\ntoken = old\n  # swallowed as a part of the value\n", "new", None)


def test_a_file_without_the_section_is_left_alone() -> None:
    with pytest.raises(SettingsError, match=r"no \[thingsboard\] section"):
        with_tokens("[ssh]\nhost = h\n", "new", None)


def test_the_file_is_readable_by_its_owner_alone(path: Path) -> None:
    write_tokens(path, "new", None)
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_owner_is_kept(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    os.chown(path, 1234, 2345)
    write_tokens(path, "new", None)
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 2345)


def test_a_link_is_kept_and_its_target_replaced(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere" / "config.properties"
    link.parent.mkdir()
    link.symlink_to(path)
    write_tokens(link, "new", None)
    assert link.is_symlink()
    assert "Token = new" in path.read_text()


def test_nothing_is_left_beside_the_file(path: Path) -> None:
    write_tokens(path, "new", None)
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_cannot_be_written_is_a_settings_error(path: Path) -> None:
    path.unlink()
    with pytest.raises(SettingsError, match="the new token is not kept"):
        write_tokens(path, "new", None)


def test_concurrent_writers_leave_one_of_the_tokens_and_a_whole_file(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: write_tokens(path, f"token-{number}", f"r-{number}"), range(40)))
    properties = read_properties(path.read_text(), "config.properties")
    assert isinstance(properties, Properties)
    assert properties.token is not None
    assert properties.token.removeprefix("token") == (properties.refresh_token or "").removeprefix("r")


def test_a_process_that_dies_before_the_replacement_leaves_the_old_file(path: Path) -> None:
    code = f"""
        import os, signal
        from pathlib import Path
        from papaya.settings.write_back import write_tokens
        os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
        write_tokens(Path({str(path)!r}), "new", None)
    """
    outcome = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    assert outcome.returncode == -signal.SIGKILL
    assert path.read_text() == COMMENTED
    write_tokens(path, "newer", None)
    assert "Token = newer" in path.read_text()


def test_a_failure_before_the_replacement_leaves_the_old_file_and_no_litter(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SettingsError, match="No space left on device"):
        write_tokens(path, "new", None)
    assert path.read_text() == COMMENTED
    assert list(path.parent.iterdir()) == [path]
