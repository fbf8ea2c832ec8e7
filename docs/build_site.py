"""Builds these pages as a site with offline search in build/site: `make site`; a broken link is an error.

The folders of the navigation are the sections of docs/index.md. Nothing comes from another machine.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "build" / "site-source"
SITE = ROOT / "build" / "site"
SETTINGS = {
    "project": "papaya",
    "html_title": "papaya",
    "extensions": "myst_parser",
    "html_theme": "furo",
    "root_doc": "index",
    "myst_heading_anchors": "4",
    "html_show_copyright": "0",
    "html_show_sourcelink": "0",
    "html_copy_source": "0",
}
SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |^\[SECURITY|\Z)", re.DOTALL | re.MULTILINE)
PAGE = re.compile(r"^\| \[[^]]+\]\((.+?)\.md\)", re.MULTILINE)


def navigation(index: str) -> str:
    """Return the folders of the navigation, from the sections of the index."""
    folders = ["```{toctree}\n:hidden:\n\nREADME\n```\n"]
    for title, text in SECTION.findall(index):
        pages = "\n".join(f"docs/{name}" for name in PAGE.findall(text))
        folders.append(f"```{{toctree}}\n:hidden:\n:caption: {title.strip()}\n\n{pages}\n```\n")
    folders.append("```{toctree}\n:hidden:\n:caption: Project\n\nCHANGELOG\nCONTRIBUTING\nSECURITY\n```\n")
    return "\n".join(folders)


def prepared(text: str) -> str:
    """Return a page with its anchors, and the links to them, as the generator writes them: in lower case."""
    text = re.sub(r'^<a id="([^"]+)"></a>$', lambda found: f"({found[1].lower()})=", text, flags=re.MULTILINE)
    return re.sub(r"(\]\([^)\s:#]*)(#[^)\s]+\))", lambda found: found[1] + found[2].lower(), text)


def copy_pages() -> None:
    """Copy the pages with their pictures to build/site-source, and put the index in front."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.copytree(ROOT / "docs" / "images", SOURCE / "docs" / "images")
    shutil.copy(ROOT / "LICENSE", SOURCE)
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        text = prepared(page.read_text(encoding="utf-8"))
        (SOURCE / page.relative_to(ROOT)).write_text(text, encoding="utf-8")
    index = (SOURCE / "docs" / "index.md").read_text(encoding="utf-8")
    (SOURCE / "docs" / "index.md").unlink()
    front = re.sub(r"\]\((?!\.\./)([\w-]+\.md)", r"](docs/\1", index).replace("](../", "](")
    (SOURCE / "index.md").write_text(f"{front}\n{navigation(index)}", encoding="utf-8")
    for page in SOURCE.rglob("*.md"):
        back = "../index.md" if page.parent.name == "docs" else "index.md"
        text = page.read_text(encoding="utf-8")
        page.write_text(
            text.replace("](docs/index.md", f"]({back}").replace("](index.md", f"]({back}"), encoding="utf-8"
        )


def main() -> int:
    """Build the site; return the exit code of the generator."""
    copy_pages()
    given = [f"-D{name}={value}" for name, value in SETTINGS.items()]
    command = ["-m", "sphinx", "-W", "--keep-going", "-q", "-C", "-b", "html", *given, str(SOURCE), str(SITE)]
    return subprocess.run([sys.executable, *command], check=False).returncode  # noqa: S603


if __name__ == "__main__":
    raise SystemExit(main())
