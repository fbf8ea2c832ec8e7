"""What ssh complains of, in plain words and with a remedy.

The texts are those of OpenSSH from 8 on. They are no interface of it, so that whatever is not known here is
told as ssh said it.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Literal

from papaya.manifest.model import Json

Kind = Literal[
    "hostKeyChanged",
    "hostKeyUnknown",
    "keyRefused",
    "keyMissing",
    "keyUnusable",
    "keyUnreadable",
    "portForbidden",
    "portTaken",
    "refused",
    "unreachable",
    "nameUnknown",
    "notSsh",
    "silent",
    "turnedAway",
    "noCommonWay",
    "lost",
    "localPortClosed",
    "notStarted",
    "other",
]
# How soon another attempt makes sense: what frees itself, what a network may mend, what needs a person.
Patience = Literal["soon", "usual", "person"]


@dataclass(frozen=True, slots=True)
class Complaint:
    """One reason for which ssh gave up, or does not do all that it should."""

    kind: Kind
    summary: str
    remedy: str = ""
    patience: Patience = "usual"

    def as_json(self) -> dict[str, Json]:
        """Return the complaint as a member of a document."""
        return {"kind": self.kind, "summary": self.summary, "remedy": self.remedy or None}


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    kind: Kind
    summary: str
    remedy: str
    patience: Patience = "usual"


def _rule(pattern: str, kind: Kind, summary: str, remedy: str, patience: Patience = "usual") -> _Rule:
    return _Rule(re.compile(pattern), kind, summary, remedy, patience)


# Why a server turns somebody away or opens no port shows with -v only.
_REASONS = r"banner line|Remote: port forwarding refused|Remote: Server has disabled port forwarding"
_DEBUGGING = re.compile(
    rf"debug\d: (?!.*(?:{_REASONS}))|OpenSSH_|Authenticated to |Transferred: |Bytes per second: |\s*$"
)

# The first that fits tells most: what led to a failure stands before what merely followed from it.
_RULES = (
    _rule(
        r"REMOTE HOST IDENTIFICATION HAS CHANGED"
        r"(?:(?s:.*?)key sent by the remote host is\s+(?P<key>\S+?)\.\s)?"
        r"(?:(?s:.*?)Offending \S+ key in (?P<file>.+?):(?P<line>\d+))?",
        "hostKeyChanged",
        "the bastion shows another host key ({key}) than the pinned one ({file}, line {line}), "
        "so papaya does not connect",
        "Compare with the bastion itself, on it: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\n"
        "If it really has a new key, pin that: papaya tunnel check {device}\n"
        "If not, another machine answers in its place: do not pin anything.",
        "person",
    ),
    _rule(
        r"No \S+ host key is known for (?P<where>\S+)",
        "hostKeyUnknown",
        "no host key is pinned for {where}, so papaya does not connect",
        "Compare and pin it: papaya tunnel check {device}",
        "person",
    ),
    _rule(
        r"Host key verification failed",
        "hostKeyUnknown",
        "the bastion's host key is not a pinned one, so papaya does not connect",
        "Compare and pin it: papaya tunnel check {device}",
        "person",
    ),
    _rule(
        r"Identity file (?P<file>.+) not accessible: (?P<why>.+?)\.?\s*(?:$|\n)",
        "keyMissing",
        "the device's key {file} cannot be read: {why}",
        "Make it and let the bastion know it: papaya tunnel keygen {device}",
        "person",
    ),
    _rule(
        r"Permissions (?P<mode>\d+) for '(?P<file>[^']+)' are too open",
        "keyUnusable",
        "ssh does not use the key {file}: others can read it (mode {mode})",
        "chmod 600 {file}",
        "person",
    ),
    _rule(
        r'Load key "(?P<file>[^"]+)": (?P<why>.+?)\s*(?:$|\n)',
        "keyUnusable",
        "ssh cannot use the key {file}: {why}",
        "It must be a private key without a passphrase; make one with: papaya tunnel keygen {device}",
        "person",
    ),
    _rule(
        r"Permission denied|Too many authentication failures|No more authentication methods",
        "keyRefused",
        "the bastion does not let the device's key in",
        "Put the line that `papaya tunnel authorized-key {device}` prints into the authorized_keys of the\n"
        "bastion's user.",
        "person",
    ),
    _rule(
        r"Remote: port forwarding refused(?s:.*?)failed for listen port (?P<port>\d+)",
        "portForbidden",
        "the bastion does not allow port {port} to the device's key",
        "Its permitlisten is another one. Put the line that `papaya tunnel authorized-key {device}` prints\n"
        "into the authorized_keys of the bastion's user.",
        "person",
    ),
    _rule(
        r"Remote: Server has disabled port forwarding(?s:.*?)failed for listen port (?P<port>\d+)",
        "portForbidden",
        "the bastion opens no ports for the device's key",
        "Its line in authorized_keys lacks port-forwarding, or sshd says AllowTcpForwarding no: compare\n"
        "both with what papaya tunnel bastion writes.",
        "person",
    ),
    _rule(
        r"remote port forwarding failed for listen port (?P<port>\d+)",
        "portTaken",
        "the bastion does not give port {port}: most likely an earlier session still holds it",
        "It is free when the bastion's sshd notices that the session is dead: ClientAliveInterval in the\n"
        "settings that papaya tunnel bastion writes. Otherwise another program listens there, or the key's\n"
        "permitlisten is another port: papaya tunnel authorized-key {device}",
        "soon",
    ),
    _rule(
        r"Could not resolve hostname (?P<host>\S+): (?P<why>.+?)\s*(?:$|\n)",
        "nameUnknown",
        "{host} has no address: {why}",
        "Is the name right, and does this machine have a network?",
    ),
    _rule(
        r"connect to (?:host|address) (?P<host>\S+) port (?P<port>\d+): Connection refused",
        "refused",
        "{host} refuses connections to port {port}",
        "Does the bastion's sshd run, and is the port right?",
    ),
    _rule(
        r"Connection timed out during banner exchange|Connection to (?:\S+ )port \d+ timed out",
        "silent",
        "the bastion takes the connection and says nothing",
        "Its sshd hangs or has too much to do, or a device between answers in its place.",
    ),
    _rule(
        r"connect to (?:host|address) (?P<host>\S+) port (?P<port>\d+): (?P<why>.+?)\s*(?:$|\n)",
        "unreachable",
        "{host} cannot be reached at port {port}: {why}",
        "Does this machine have a network, and does a firewall let it through?",
    ),
    _rule(
        r"banner line \d+: (?:Not allowed at this time|Exceeded MaxStartups)",
        "turnedAway",
        "the bastion turns this address away for now: too many connections or failures from it",
        "It lets it in again by itself. Exempt the fleet's addresses (PerSourcePenaltyExemptList), or raise "
        "MaxStartups.",
        "person",
    ),
    _rule(
        r"No SSH version received|banner line contains invalid characters|: invalid format"
        r"|Bad remote protocol version|Protocol major versions differ",
        "notSsh",
        "what answers at the bastion's port does not speak SSH",
        "Are host and port of the tunnel right?",
    ),
    _rule(
        r"kex_exchange_identification: ",
        "turnedAway",
        "the bastion ends the connection before it says what it is",
        "It has too many connections at once (MaxStartups), bans this address, or is no sshd.",
    ),
    _rule(
        r"Unable to negotiate with (?P<host>\S+) port \d+: (?P<why>.+?)\s*(?:$|\n)",
        "noCommonWay",
        "this machine's ssh and the bastion's sshd have no way in common: {why}",
        "One of the two is too old: update it.",
        "person",
    ),
    _rule(
        r"Timeout, server \S+ not responding",
        "lost",
        "the bastion has given no sign of life: the connection is dead",
        "The next attempt follows by itself.",
    ),
    _rule(
        r"closed by remote host|Connection (?:to|closed by) \S+ .*closed|Connection closed by"
        r"|Connection reset|Broken pipe|Received disconnect|Disconnected from",
        "lost",
        "the bastion or the network has ended the connection",
        "The next attempt follows by itself.",
    ),
    _rule(
        r"(?P<program>\S+) cannot be started: (?P<why>.+)",
        "notStarted",
        "{program} cannot be started: {why}",
        "Is OpenSSH installed, and has this machine memory and processes left?",
    ),
    _rule(
        r"connect_to (?P<host>\S+) port (?P<port>\d+): failed",
        "localPortClosed",
        "somebody came through the tunnel, and nothing listens at {host}:{port} of this machine",
        "Start what should listen there; for port 22: systemctl enable --now ssh",
    ),
)


def complaint_of(text: str, device: str = "") -> Complaint | None:
    """Return what ssh complained of in what it wrote to stderr; `device` is whose tunnel it is."""
    said = without_debugging(text)
    for rule in _RULES:
        match = rule.pattern.search(said)
        if match is not None:
            parts = {name: value or "unknown" for name, value in match.groupdict().items()}
            parts["device"] = shlex.quote(device) if device else ""
            remedy = "\n".join(line.rstrip() for line in rule.remedy.format_map(parts).splitlines())
            return Complaint(rule.kind, rule.summary.format_map(parts), remedy, rule.patience)
    last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "")
    return Complaint("other", f"ssh says: {last}") if last else None


def without_debugging(text: str) -> str:
    """Return what ssh says to everybody, without what `-v` adds to it."""
    return "\n".join(line for line in text.splitlines() if not is_debugging(line))


def is_debugging(line: str) -> bool:
    """Return whether a line is one of those that only `-v` shows, and none that gives a reason."""
    return _DEBUGGING.match(line) is not None
