"""Numbers of readings in sentences."""

from __future__ import annotations

from papaya.counting import are, counted


def readings(number: int, adjective: str = "") -> str:
    """Return how many readings, such as `1 reading` or `7 oldest readings`."""
    return counted(number, f"{adjective} reading".lstrip())


def waiting_words(number: int) -> str:
    """Return how many readings wait."""
    return f"{readings(number)} {are(number)} waiting"
