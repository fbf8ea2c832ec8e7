"""How large modules may get: what has outgrown its purpose is split, and no command does the work itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parents[2]
COMMANDS = HERE / "papaya" / "commands"
LONGEST_MODULE, LONGEST_VERB, ALL_COMMANDS = 400, 150, 4500


def sizes(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield each module below a folder with its number of lines."""
    for path in sorted(folder.rglob("*.py")):
        yield str(path.relative_to(HERE)), len(path.read_text(encoding="utf-8").splitlines())


def test_no_module_is_too_long_to_be_read_at_once() -> None:
    found = [*sizes(HERE / "papaya"), *sizes(HERE / "gui" / "papaya_gui")]
    assert [(name, lines) for name, lines in found if lines > LONGEST_MODULE] == []


def test_a_verb_parses_asks_and_prints_and_leaves_the_work_to_others() -> None:
    found = list(sizes(COMMANDS))
    assert [(name, lines) for name, lines in found if lines > LONGEST_VERB] == []
    assert sum(lines for _, lines in found) < ALL_COMMANDS
