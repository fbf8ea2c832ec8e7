"""Files that are replaced as a whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from papaya.whole_file import write_whole


def test_whoever_writes_last_has_written_all_of_it(tmp_path: Path) -> None:
    path, texts = tmp_path / "unit", [f"{number}\n" * 1000 for number in range(200)]
    with ThreadPoolExecutor(8) as writers:
        list(writers.map(lambda text: write_whole(path, text, mode=0o640), texts))
    assert path.read_text(encoding="utf-8") in texts
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path], "nothing stays beside it"


def test_what_a_link_leads_to_is_not_written_to(tmp_path: Path) -> None:
    path, victim = tmp_path / "known_hosts", tmp_path / "victim"
    victim.write_text("precious", encoding="utf-8")
    for name in ("known_hosts", ".known_hosts.new"):
        (tmp_path / name).symlink_to(victim)
    write_whole(path, "keys", mode=0o644)
    assert victim.read_text(encoding="utf-8") == "precious"
    assert (path.read_text(encoding="utf-8"), path.is_symlink()) == ("keys", False)


def test_a_file_that_cannot_be_replaced_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "taken" / "by").mkdir(parents=True)
    with pytest.raises(OSError, match="taken"):
        write_whole(tmp_path / "taken", "text", mode=0o644)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
