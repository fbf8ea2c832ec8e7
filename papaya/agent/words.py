"""Numbers of readings in sentences."""

from __future__ import annotations


def readings(number: int, adjective: str = "") -> str:
    """Return how many readings, such as `1 reading` or `7 oldest readings`."""
    noun = "reading" if number == 1 else "readings"
    return f"{number} {adjective} {noun}" if adjective else f"{number} {noun}"


def are(number: int) -> str:
    """Return the verb that goes with a number."""
    return "is" if number == 1 else "are"


def waiting_words(number: int) -> str:
    """Return how many readings wait."""
    return f"{readings(number)} {are(number)} waiting"
