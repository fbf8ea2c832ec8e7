"""Units of systemd from the templates that ship with papaya, and values in systemd's syntax."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from papaya.errors import PapayaError
from papaya.resources import locate

_PLAIN = frozenset("-_./:=%@+,$")


def render_unit(template: str, values: Mapping[str, object]) -> str:
    """Return the unit that a template of papaya makes of values."""
    import jinja2

    text = locate("systemd", template).read_text(encoding="utf-8")
    # A unit is no HTML: what systemd takes for special is quoted where values are made.
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)  # noqa: S701
    return environment.from_string(text).render(values)


def quoted(arguments: Sequence[str], *, with_specifiers: Sequence[str] = ()) -> str:
    """Return a command line for ExecStart; only arguments in `with_specifiers` may use systemd's `%`."""
    return " ".join(argument if argument in with_specifiers else _quoted(argument) for argument in arguments)


def unexpanded(text: str) -> str:
    """Return a text for a setting that is taken as it stands, but for specifiers: none is expanded in it."""
    return text.replace("%", "%%")


def _quoted(argument: str) -> str:
    if any(character in argument for character in "\n\r\0"):
        raise PapayaError("a line break cannot stand in the command line of a service")
    escaped = argument.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    is_plain = escaped and all(character.isalnum() or character in _PLAIN for character in escaped)
    return escaped if is_plain else f'"{escaped}"'
