"""The words of conditions and ages in the language of the window, and how what others wrote is shown."""

from __future__ import annotations

from html import escape

from PyQt6.QtCore import QCoreApplication

from papaya_gui.models.condition import Condition
from papaya_gui.models.words import Words


def translated_words() -> Words:
    """Return them as translated; the braces stay as they are."""

    def said(text: str) -> str:
        return QCoreApplication.translate("Words", text)

    return Words(
        seconds=said("{seconds} s"),
        minutes=said("{minutes} min"),
        hours=said("{hours} h {minutes} min"),
        days=said("{days} d {hours} h"),
        live=said("live"),
        simulated=said("simulated"),
        recorded=said("recorded"),
        no_data=said("no data"),
        stale=said("stale {age}"),
        ahead=said("clock {age} ahead"),
        warn_high=said("warn high"),
        warn_low=said("warn low"),
        alarm_high=said("alarm high"),
        alarm_low=said("alarm low"),
        online=said("online"),
        offline=said("stale"),
        silent=said("silent"),
        missing=said("not on the server"),
        alarm=said("1 alarm"),
        alarms=said("{count} alarms"),
        warning=said("1 warning"),
        warnings=said("{count} warnings"),
        silents=said("{count} silent"),
        stales=said("{count} stale"),
        nothings=said("{count} no data"),
        onlines=said("{count} online"),
        simulateds=said("{count} simulated"),
        recordeds=said("{count} recorded"),
        raised=said("{kind} ({severity} on server)"),
        raised_more=said("{kind} ({severity} on server) and {count} more"),
        server_alarm=said("1 server alarm"),
        server_alarms=said("{count} server alarms"),
        of=said("{parts} of {total}"),
        no_devices=said("no devices"),
        no_sensors=said("no sensors"),
    )


def condition_words() -> dict[Condition, str]:
    """Return what each condition is called."""

    def said(text: str) -> str:
        return QCoreApplication.translate("Words", text)

    return {
        Condition.NO_SENSORS: said("no sensors"),
        Condition.ONLINE: said("online"),
        Condition.SIMULATED: said("simulated"),
        Condition.RECORDED: said("recorded"),
        Condition.NOTHING: said("no data"),
        Condition.DRIFTED: said("changed on the server"),
        Condition.STALE: said("stale"),
        Condition.SILENT: said("silent"),
        Condition.MISSING: said("not on the server"),
        Condition.INDETERMINATE: said("indeterminate"),
        Condition.WARNING: said("warning"),
        Condition.MINOR: said("minor"),
        Condition.MAJOR: said("major"),
        Condition.CRITICAL: said("critical"),
    }


def tool_tip(text: str) -> str:
    """Return a text so that a tool tip shows it as it stands: Qt takes what looks like HTML for such."""
    if "<" not in text and "&" not in text:
        return text
    return "<qt>" + escape(text).replace("\n", "<br>") + "</qt>"
