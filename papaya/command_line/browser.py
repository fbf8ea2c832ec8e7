"""The browser of the person at this machine."""

from __future__ import annotations

import os
import sys
import webbrowser


def open_page(url: str) -> bool:
    """Open an address in the browser; return False where there is none, or no screen to show it on."""
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        # A browser in the terminal, which Python would start instead, is no help with ThingsBoard's pages.
        return False
    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False
