"""Values of a manifest in the syntaxes of ssh and systemd: exactly the value that was meant, or a refusal.

papaya refuses what a syntax cannot express in the same way in every version. A path that ssh 8.4 reads
differently than ssh 9.2 would lead to another file.
"""

from __future__ import annotations

import ipaddress
import posixpath
import re
import unicodedata

from papaya.errors import PapayaError
from papaya.manifest.ports import host_name

_HOST = re.compile(r"[A-Za-z0-9_.:][A-Za-z0-9_.:-]*")
_FORWARD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*[$]?")
# Older versions of ssh know no escapes inside of quotation marks, and none knows one for `${`.
_UNSPEAKABLE = ('"', "\\", "${")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_./%@:+-]+")
_LONGEST_PATH = 4095
# Marks, embeddings, overrides and isolates of the Unicode bidirectional algorithm.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def checked_host(host: str, place: str) -> str:
    """Return a host name or address as ssh takes it: without brackets, in small letters."""
    bare = host_name(host)
    if ":" in bare and not _is_address(bare):
        raise _refused(
            place, host, "is no host", "Write the port apart from the host: `port: 2222` in a manifest."
        )
    if not _HOST.fullmatch(bare) or len(bare) > 255:
        raise _refused(
            place,
            host,
            "is no host",
            "A host name or address holds letters, digits, dots and dashes, and starts with no dash.",
        )
    return bare


def checked_user(user: str, place: str) -> str:
    """Return the name of a user on the bastion."""
    if not _USER.fullmatch(user) or len(user) > 64:
        raise _refused(
            place,
            user,
            "is no name of a user",
            "A user name holds letters, digits, dots, dashes and underscores, no dash first.",
        )
    return user


def checked_forward(name: str, place: str) -> str:
    """Return the name of a forward, which is part of the name of its service."""
    if not _FORWARD.fullmatch(name) or len(name) > 64:
        raise _refused(
            place,
            name,
            "is no name of a forward",
            "It starts with a letter and holds up to 64 letters, digits, dashes and underscores.",
        )
    return name


def checked_port(port: int, place: str) -> int:
    """Return a port that a service may have."""
    if not 1 <= port <= 65535:
        raise PapayaError(f"{place}{port} is no port", remedy="Ports go from 1 to 65535.")
    return port


def checked_path(path: str, place: str) -> str:
    """Return the absolute path of a file that ssh and systemd can be told."""
    if not path.startswith("/"):
        raise _refused(
            place,
            path,
            "is no absolute path",
            "Write the whole path on the device, such as /etc/papaya/id_ed25519.",
        )
    if posixpath.normpath(path) != path:
        raise _refused(
            place,
            path,
            "goes a roundabout way",
            "Write the path without .. and double slashes.",
        )
    said = next((text for text in _UNSPEAKABLE if text in path), None)
    if said is None and not is_one_line(path):
        said = "a line break or another control character"
    if said is None and (path.endswith(" ") or len(path.encode()) > _LONGEST_PATH):
        said = "a blank at its end, or more bytes than a path may have"
    if said is not None:
        raise PapayaError(
            f"{place}the path {one_line(path)!r} has {said} in it, which ssh cannot be told",
            remedy="Give the file another name.",
        )
    return path


def is_one_line(text: str) -> bool:
    """Return whether a text stays on its line wherever it is written: no control character in it."""
    return not any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text)


def one_line(text: str) -> str:
    """Return a text for a comment or a description: line breaks and control characters become blanks.

    What turns the direction of writing around is named (`<U+202E>`): a line reads as what it is.
    """
    kept = (_seen(character) if is_one_line(character) else " " for character in text)
    return " ".join("".join(kept).split())


def _seen(character: str) -> str:
    return f"<U+{ord(character):04X}>" if character in _TURNING else character


def ssh_option(name: str, path: str) -> str:
    """Return `Name=path` for a checked path: what follows `-o`, or a line of a file of ssh's configuration.

    ssh expands tokens in it and splits it into words, as it does in a file.
    """
    spoken = path.replace("%", "%%")
    return f"{name}={spoken}" if _PLAIN_PATH.fullmatch(spoken) else f'{name}="{spoken}"'


def _refused(place: str, text: str, why: str, remedy: str) -> PapayaError:
    return PapayaError(f"{place}{one_line(text)!r} {why}", remedy=remedy)


def _is_address(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True
