"""The operator's way to ports of the bastion's loopback address: one ssh for many of them.

Each port gets a socket in a folder that only this user may enter. A port of this machine would let all its
users reach the devices while the probes run.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from papaya.bounded_file import read_beginning
from papaya.errors import PapayaError
from papaya.tunnel.attempt import started
from papaya.tunnel.complaints import complaint_of
from papaya.tunnel.line import LOOPBACK
from papaya.tunnel.probe import Probe, Streams

# ssh holds a descriptor for each port and one for each connection, and may usually have 1024.
_PORTS_EACH: Final = 250
_LONGEST_SOCKET: Final = 100
_OPTIONS: Final = (
    *("-N", "-T", "-a", "-x"),
    *("-o", "BatchMode=yes"),
    *("-o", "ConnectTimeout=10"),
    # A connection of its own, whatever the user's configuration shares or starts.
    *("-o", "ControlMaster=no"),
    *("-o", "ControlPath=none"),
    *("-o", "PermitLocalCommand=no"),
    *("-o", "RemoteCommand=none"),
    *("-o", "StreamLocalBindMask=0177"),
)
# What -v says when the bastion does not open a connection, and then which port that was for.
_NOT_OPENED = re.compile(r"channel (?P<channel>\d+): open failed: (?P<reason>.*)")
_FREED = re.compile(
    r"debug1: channel (?P<channel>\d+): free: direct-tcpip: "
    rf"listening port -?\d+ for {re.escape(LOOPBACK)} port (?P<port>\d+),"
)


@dataclass(frozen=True, slots=True)
class Login:
    """How an operator signs in to the bastion: as ssh is configured for them, unless it says otherwise."""

    host: str
    port: int
    user: str | None = None
    configuration: Path | None = None

    def arguments(self) -> tuple[str, ...]:
        """Return what ssh is told about it, the host last."""
        return (
            *(("-F", str(self.configuration)) if self.configuration else ()),
            *("-p", str(self.port)),
            *(("-l", self.user) if self.user else ()),
            "--",
            self.host,
        )


class Passage:
    """Connections to ports of a bastion, through as few ssh as possible; use it as a context."""

    def __init__(self, ssh: str, login: Login, ports: Sequence[int], *, patience: float = 20.0) -> None:
        self._ssh, self._login, self._ports, self._patience = ssh, login, tuple(ports), patience
        self._stack = ExitStack()
        self._folder = Path()
        self._logs: list[Path] = []

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            base = tempfile.gettempdir() if len(tempfile.gettempdir()) < _LONGEST_SOCKET // 2 else "/tmp"  # noqa: S108
            self._folder = Path(tempfile.mkdtemp(prefix="papaya-", dir=base))
            stack.callback(shutil.rmtree, self._folder, ignore_errors=True)
            for first in range(0, len(self._ports), _PORTS_EACH):
                self._open(self._ports[first : first + _PORTS_EACH], stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    async def connect(self, port: int) -> Streams:
        """Open a connection to a port of the bastion; one that it refuses ends at once."""
        return await asyncio.open_unix_connection(str(self._socket(port)))

    def corrected(self, probes: Mapping[int, Probe]) -> dict[int, Probe]:
        """Return probes with what only ssh knows: whether the bastion opened the connections at all."""
        refusals = self._refusals()
        return {port: _corrected(probe, refusals.get(port)) for port, probe in probes.items()}

    def _open(self, ports: Sequence[int], stack: ExitStack) -> None:
        forwards = (part for port in ports for part in ("-L", f"{self._socket(port)}:{LOOPBACK}:{port}"))
        log = self._folder / f"{len(self._logs)}.log"
        self._logs.append(log)
        file = stack.enter_context(log.open("wb"))
        process = stack.enter_context(
            started(self._ssh, (*_OPTIONS, *forwards, *self._login.arguments()), stderr=file)
        )
        until = time.monotonic() + self._patience
        while not all(self._socket(port).exists() for port in ports):
            if process.poll() is not None or time.monotonic() > until:
                raise self._failure(log)
            time.sleep(0.02)

    def _failure(self, log: Path) -> PapayaError:
        where = f"{self._login.host}:{self._login.port}"
        found = complaint_of(read_beginning(log))
        if found is None:
            return PapayaError(f"ssh did not get to the bastion {where} in time", remedy=_HOW_TO_LOG_IN)
        match found.kind:
            case "keyRefused":
                return PapayaError(f"the bastion {where} does not let you in", remedy=_HOW_TO_LOG_IN)
            case "hostKeyChanged" | "hostKeyUnknown":
                return PapayaError(
                    f"your ssh does not trust the bastion {where}: {found.summary}",
                    remedy="Compare its key and add it to your known hosts: "
                    f"ssh -p {self._login.port} {self._login.host}",
                )
            case _:
                return PapayaError(f"the bastion {where}: {found.summary}", remedy=found.remedy)

    def _socket(self, port: int) -> Path:
        return self._folder / str(port)

    def _refusals(self) -> dict[int, str]:
        return {port: reason for log in self._logs for port, reason in refusals_in(read_beginning(log))}


def _corrected(probe: Probe, reason: str | None) -> Probe:
    if reason is None or probe.verdict != "deadEnd" or probe.banner:
        return probe
    return Probe(probe.port, "forbidden" if "prohibited" in reason else "notListening")


def refusals_in(log: str) -> Iterator[tuple[int, str]]:
    """Yield each port that the bastion did not connect to, with its reason, from what `ssh -v` wrote."""
    reasons: dict[str, str] = {}
    for line in log.splitlines():
        if match := _NOT_OPENED.match(line):
            reasons[match["channel"]] = match["reason"]
        elif match := _FREED.match(line):
            # Channels are numbered anew once they are free.
            reason = reasons.pop(match["channel"], None)
            if reason is not None:
                yield int(match["port"]), reason


_HOW_TO_LOG_IN: Final = (
    "You need an account there that may forward ports. papaya asks for no passphrase: have ssh-agent hold\n"
    "your key. Name the account with --jump-user, or a configuration of ssh with --ssh-config."
)
