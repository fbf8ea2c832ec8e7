"""Writes the window's icons from a package; run by hand when it has a new edition, or an icon is added.

    npm pack @tabler/icons && tar xzf tabler-icons-*.tgz
    python docs/icons.py package

Tabler Icons (MIT license) draws each icon on a square of 24, as lines and, where a name ends with `-filled`
here, as areas. Only the icons that are named below are taken.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

TARGET = Path(__file__).parents[1] / "gui" / "papaya_gui" / "data" / "icons.json"
# The license asks that its text goes with every copy.
LICENSE = TARGET.with_name("icons-license.txt")
OUTLINE = """
activity adjustments alert-triangle antenna arrow-back-up arrow-forward-up arrows-horizontal
arrows-maximize bell bell-off bolt bulb calendar chart-line check chevron-down chevron-left chevron-right
chevron-up circle circle-check circle-dashed circle-off circle-x clock clock-pause command copy cpu
crosshair database device-floppy download external-link eye eye-off file-export file-type-csv filter
flask folder folder-open git-compare help hand-stop history home info-circle key keyboard layout-grid
layout-rows layout-sidebar lock lock-open login logout map map-pin maximize menu-2 minus moon palette photo
pin player-pause player-play player-skip-forward playlist-add plug plug-connected plug-connected-x plus
list-check refresh ruler-measure search server settings sort-descending sun table terminal-2 trash wifi-off x
zoom-in zoom-out zoom-scan
"""
FILLED = """
alert-circle alert-octagon alert-square alert-triangle circle circle-check circle-x clock flask
help-square player-pause player-play player-record point square square-rotated
"""
# The package's own first path: a square without lines or area.
_EMPTY = re.compile(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>')
_BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


def shape_of(path: Path) -> str:
    """Return what an icon draws, without the frame that is the same for all."""
    found = _BODY.search(path.read_text(encoding="utf-8"))
    if found is None:
        raise SystemExit(f"{path} is not an icon of this package")
    return re.sub(r"\s*\n\s*", "", _EMPTY.sub("", found[1])).replace(" />", "/>")


def main(folder: Path) -> int:
    """Write the icons and return the exit code."""
    package = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    shapes = {name: shape_of(folder / "icons" / "outline" / f"{name}.svg") for name in OUTLINE.split()}
    shapes |= {
        f"{name}-filled": shape_of(folder / "icons" / "filled" / f"{name}.svg") for name in FILLED.split()
    }
    origin = {"package": package["name"], "version": package["version"], "license": package["license"]}
    TARGET.write_text(json.dumps({"origin": origin, "shapes": shapes}, indent=0) + "\n", encoding="utf-8")
    LICENSE.write_text((folder / "LICENSE").read_text(encoding="utf-8"), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
