"""Keeps the lines of a device up at the same time, each in a thread of its own."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from papaya.errors import PapayaError
from papaya.tunnel.event import Event
from papaya.tunnel.journal import Ask
from papaya.tunnel.line import Line, ssh_arguments
from papaya.tunnel.record import Record
from papaya.tunnel.stopping import Stop
from papaya.tunnel.supervisor import Pace, Supervisor
from papaya.tunnel.unit_condition import ask, unit_condition

_HEARS_SIGNALS_EVERY: Final = 0.5


def keep(
    lines: Sequence[Line],
    folder: Path,
    *,
    known_hosts: str = "",
    stop: Stop,
    tell: Callable[[Event], None],
    pace: Pace,
    options: Sequence[str] = (),
    ask: Ask = ask,
) -> None:
    """Keep lines up until it is to stop; `options` go to ssh before its own and so win over them.

    `known_hosts` is the text that pins the bastion's keys, if it is not the line's file that does; it lies in
    `folder`, as do the records. Every ssh has ended when this returns, however it returns.
    """
    ssh = find_ssh()
    _refuse_beside_services(lines, ask)
    with contextlib.ExitStack() as held:
        supervisors = []
        for line in lines:
            record = Record(folder, line)
            held.enter_context(record.held())
            pinned = record.beside("known_hosts", known_hosts) if known_hosts else None
            arguments = (*options, *ssh_arguments(line, known_hosts=pinned))
            supervisors.append(
                Supervisor(line, ssh, arguments, stop=stop, tell=tell, note=record.write, pace=pace)
            )
        _run(supervisors, stop)


def _refuse_beside_services(lines: Sequence[Line], ask: Ask) -> None:
    for line in lines:
        service = unit_condition(line, ask=ask)
        if service is not None and service.standing in {"up", "connecting", "waiting"}:
            raise PapayaError(
                f"the service {line.unit} keeps this tunnel already",
                remedy="Two would fight for one remote port. See: papaya tunnel status; stop it with: "
                "papaya tunnel stop",
            )


def find_ssh() -> str:
    """Return the path of ssh."""
    found = shutil.which("ssh")
    if found is None:
        raise PapayaError(
            "there is no ssh on this machine, and the tunnel needs it",
            remedy="Install an OpenSSH client: apt install openssh-client",
        )
    return found


def _run(supervisors: Sequence[Supervisor], stop: Stop) -> None:
    faults: list[BaseException] = []

    def run(supervisor: Supervisor) -> None:
        try:
            supervisor.run()
        except BaseException as fault:
            # One that breaks must not leave the others running as if nothing were.
            faults.append(fault)
            stop.set()

    # Not daemons: the kernel ends an ssh with the thread that started it, and none of them may stay behind.
    threads = [
        threading.Thread(target=run, args=(one,), name=f"tunnel-{number}")
        for number, one in enumerate(supervisors)
    ]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            # The wait has a limit. A signal just before this thread falls asleep, or to another thread, would
            # not wake it, and only this thread handles signals.
            while thread.is_alive():
                thread.join(_HEARS_SIGNALS_EVERY)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    if faults:
        raise faults[0]
