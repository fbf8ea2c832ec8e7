"""Every relative link of the documentation leads to a file, every anchor to a heading; nothing is fetched."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
ANCHOR = re.compile(r'<a id="([^"]+)"')


def anchors(text: str) -> set[str]:
    """Return the anchors of a page: explicit ones, and those that GitHub makes from headings."""
    prose = FENCE.sub("", text)
    found = set(ANCHOR.findall(prose))
    for heading in HEADING.findall(prose):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
        name = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        number, slug = 0, name
        while slug in found:
            number += 1
            slug = f"{name}-{number}"
        found.add(slug)
    return found


def broken(page: Path, text: str) -> list[str]:
    """Return the relative links of a page that lead nowhere."""
    faults = []
    for link in LINK.findall(CODE.sub("", FENCE.sub("", text))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            faults.append(f"{link}: there is no such file")
        elif anchor and anchor not in anchors(target.read_text(encoding="utf-8") if path else text):
            faults.append(f"{link}: the page has no such heading")
    return faults


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert not broken(page, page.read_text(encoding="utf-8"))


def test_a_broken_link_is_found() -> None:
    page = ROOT / "docs" / "index.md"
    text = "# A `b` heading\n[1](absent.md) [2](#absent) [3](#a-b-heading) [4](https://example.com)\n"
    assert broken(page, text) == [
        "absent.md: there is no such file",
        "#absent: the page has no such heading",
    ]


def test_the_index_lists_every_page() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"\]\(([\w-]+\.md)\)", index))
    assert listed == {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"}
