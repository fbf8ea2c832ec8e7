"""Writes fresh tokens into `config.properties`, and changes nothing else in it."""

from __future__ import annotations

import configparser
import os
import re
from pathlib import Path

from configupdater import ConfigUpdater

from papaya.bounded_file import LARGEST_SETTINGS, read_bytes
from papaya.errors import SettingsError
from papaya.settings.private_file import locked, replace_private
from papaya.settings.properties import BYTE_ORDER_MARK

_TOKEN_LINE = re.compile(r"\s*(refresh_)?token\s*[=:]", re.IGNORECASE)


def write_tokens(path: Path, token: str, refresh_token: str | None) -> None:
    """Put the tokens into the file's `[thingsboard]` section, atomically, with mode 0600.

    Raises `SettingsError` where the file cannot be written; the session goes on without.
    """
    # The folder of the file itself, not of a link to it: that is where it is replaced.
    path = Path(os.path.realpath(path))
    try:
        with locked(path.parent):
            before = read_bytes(path, most=LARGEST_SETTINGS).decode()
            after = with_tokens(before, token, refresh_token)
            replace_private(path, after.encode())
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else "it cannot be read any more"
        raise SettingsError(
            f"the new token is not kept in {path}: {reason}",
            remedy="Every run logs in again until the file and its folder can be written.",
        ) from None


def with_tokens(text: str, token: str, refresh_token: str | None) -> str:
    """Return the text with other tokens and every other line as it was."""
    mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
    updater = ConfigUpdater()
    updater.read_string(text.removeprefix(BYTE_ORDER_MARK))
    if not updater.has_section("thingsboard"):
        raise SettingsError("there is no [thingsboard] section to keep the new token in")
    section = updater["thingsboard"]
    if "token" not in section:
        options = section.options()
        if options:
            section[options[-1]].add_after.option("token")
        else:
            section.add_option(section.create_option("token"))
    section["token"].value = token
    if refresh_token is not None:
        if "refresh_token" not in section:
            section["token"].add_after.option("refresh_token")
        section["refresh_token"].value = refresh_token
    after = mark + str(updater)
    if text.count("\n") == text.count("\r\n") > 0:
        # ConfigUpdater ends the lines that it writes with a bare newline.
        after = re.sub(r"(?<!\r)\n", "\r\n", after)
    if _other_lines(after) != _other_lines(text):
        raise SettingsError("writing the new token would change other lines of the file")
    return after


def _other_lines(text: str) -> list[str]:
    lines = [line for line in text.split("\n") if not _TOKEN_LINE.match(line.removeprefix(BYTE_ORDER_MARK))]
    while lines and not lines[-1].strip():
        # The last line may lack its end, and gets one when another follows it.
        lines.pop()
    return [line.removesuffix("\r") for line in lines]
