"""What is doubtful about settings, as an observer hears it."""

from __future__ import annotations

from papaya.observer import Observer
from papaya.settings.model import Settings
from papaya.settings.properties import Properties


def tell_warnings(found: Settings | Properties, observer: Observer) -> None:
    """Tell each warning in one line, with where the setting was given and what to do."""
    for warning in found.warnings:
        observer.warned(f"{warning.mark}: {warning.summary}. {warning.remedy}".rstrip())
