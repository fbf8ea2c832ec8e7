"""Where `config.properties` is looked for, and what is in it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from papaya.bounded_file import LARGEST_SETTINGS, read_bytes
from papaya.conflicts import CONFLICT, CONFLICT_REMEDY, conflict_in
from papaya.diagnostics import Diagnostic, Mark
from papaya.errors import SettingsError
from papaya.settings.model import Given
from papaya.settings.private_file import is_readable_by_others
from papaya.settings.properties import Properties, read_properties

NAME = "config.properties"


def find_file(named: Given | None, folder: Path) -> tuple[Path, str] | None:
    """Return the file and why it is this one: named, in the working folder, the user's or the system's."""
    if named is not None:
        path = folder / Path(named.value).expanduser()
        if not path.exists():
            raise SettingsError(f"there is no {path}, which {named.origin} names")
        return path, named.origin
    for path in _usual_places(folder):
        if path.is_file():
            return path, "found"
    return None


def read_file(path: Path) -> Properties:
    """Return what the file says; every fault of it in one error."""
    name = shown(path)
    try:
        data = read_bytes(path, most=LARGEST_SETTINGS)
        conflict = conflict_in(data)
        text = data.decode() if conflict is None else ""
    except OSError as error:
        raise SettingsError(f"{name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SettingsError(f"{name}:{line}: this is not UTF-8", remedy="Save the file as UTF-8.") from None
    if conflict is not None:
        raise SettingsError(f"{name}:{conflict}: {CONFLICT}", remedy=f"{CONFLICT_REMEDY.capitalize()}.")
    outcome = read_properties(text, name)
    if isinstance(outcome, Properties):
        return outcome
    faults = [fault for fault in outcome if fault.severity == "error"]
    raise SettingsError(
        "\n".join(f"{fault.mark}: {fault.summary}" for fault in faults),
        remedy="\n".join(dict.fromkeys(fault.remedy for fault in faults if fault.remedy)),
    )


def warnings_about(path: Path, properties: Properties) -> Iterable[Diagnostic]:
    """Yield what is doubtful in the file, and that others can read the secrets in it."""
    yield from properties.warnings
    if (properties.password or properties.token) and is_readable_by_others(path):
        yield Diagnostic(
            "other users of this machine can read the password or token in this file",
            Mark(properties.name),
            "warning",
            f"Run: chmod 600 {properties.name}",
        )


def shown(path: Path) -> str:
    """Return the path as a person would write it here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _usual_places(folder: Path) -> Iterable[Path]:
    yield folder / NAME
    yield folder / "data" / "config" / NAME
    import platformdirs

    yield platformdirs.user_config_path("papaya", appauthor=False) / NAME
    yield platformdirs.site_config_path("papaya", appauthor=False) / NAME
