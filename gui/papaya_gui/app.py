"""`papaya-gui`: the window, from a desktop entry or a shell; the same as `papaya gui`."""

from __future__ import annotations

import sys
from typing import NoReturn

from papaya.cli import main


def run() -> NoReturn:
    """Run `papaya gui` with the arguments of this process."""
    raise SystemExit(main(["gui", *sys.argv[1:]]))
