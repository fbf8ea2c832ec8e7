"""An operator: runs papaya as a process of its own, and remembers everything that it said."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.server import PASSWORD, USERNAME

ROOT = Path(__file__).resolve().parents[2]
# Longer than any run of these tests takes; a run that hangs is ended and fails its test.
PATIENCE = 90.0
# Stands between a large test process and papaya: a process inherits the peak of the one that forks it.
_MEASURE = """
import os, resource, subprocess, sys
process = subprocess.Popen(sys.argv[2:])
_, status, usage = os.wait4(process.pid, 0)
with open(sys.argv[1], "w") as file:
    file.write(str(usage.ru_maxrss))
os._exit(os.waitstatus_to_exitcode(status) & 255)
"""


@dataclass(frozen=True)
class Ended:
    """A papaya process that has ended; `peak_mib` is what it took of memory, if that was measured."""

    arguments: tuple[str, ...]
    code: int
    stdout: str
    stderr: str
    seconds: float
    peak_mib: float

    @property
    def said(self) -> str:
        """Return all of it, for the message of a failed assertion."""
        line = " ".join(self.arguments)
        return f"papaya {line} -> {self.code} in {self.seconds:.1f} s\n{self.stdout}\n{self.stderr}"

    @property
    def document(self) -> dict[str, Any]:
        """Return the JSON document on stdout."""
        parsed: dict[str, Any] = json.loads(self.stdout)
        return parsed


class Running:
    """A papaya process under way; what it prints goes to files, so that no pipe fills up."""

    def __init__(
        self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path, *, measured: bool
    ) -> None:
        self.arguments = tuple(arguments)
        self._files = [folder / f".said-{time.monotonic_ns()}.{name}" for name in ("out", "err", "peak")]
        between = [sys.executable, "-I", "-S", "-c", _MEASURE, str(self._files[2])] if measured else []
        self._began = time.monotonic()
        with self._files[0].open("wb") as out, self._files[1].open("wb") as err:
            self.process = subprocess.Popen(
                [*between, sys.executable, "-m", "papaya", *arguments],
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    @property
    def pid(self) -> int:
        """Return the id of the process."""
        return self.process.pid

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to this process."""
        os.kill(self.pid, number)

    def stderr_so_far(self) -> str:
        """Return what it has said on stderr until now."""
        return self._files[1].read_text(encoding="utf-8")

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended; its exit status stays to be taken."""
        stat = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8")
        return stat.rpartition(")")[2].split()[0] == "Z"

    def ended(self, patience: float = PATIENCE) -> Ended:
        """Wait for the end and return what came of it."""
        deadline = time.monotonic() + patience
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > deadline:
                # With Python's fault handler on, this shows where every thread hangs.
                os.kill(self.pid, signal.SIGABRT)
                pid, status = os.waitpid(self.pid, 0)
                self.process.returncode = os.waitstatus_to_exitcode(status)
                raise AssertionError(
                    f"papaya {' '.join(self.arguments)} did not end within {patience} s:\n{self._text()}"
                )
            time.sleep(0.01)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - self._began
        out, err = self._text()
        peak = self._files[2]
        mib = int(peak.read_text(encoding="utf-8")) / 1024 if peak.exists() else 0.0
        return Ended(self.arguments, self.process.returncode, out, err, seconds, mib)

    def kill(self) -> None:
        """End the process if nobody has waited for its end."""
        if self.process.returncode is None:
            self.process.kill()
            self.process.wait()

    def _text(self) -> tuple[str, str]:
        out, err = (file.read_text(encoding="utf-8") for file in self._files[:2])
        return out, err


@dataclass
class Operator:
    """Somebody with a folder, a home and `secrets`, which never turn up in what papaya says or keeps.

    The clock of this operator's machine is `clock_ahead` seconds fast, slow where that is negative.
    """

    folder: Path
    url: str
    secrets: dict[str, str] = field(default_factory=dict)
    heard: list[Ended] = field(default_factory=list)
    started: list[Running] = field(default_factory=list)
    home: Path | None = None
    clock_ahead: float = 0.0

    def write(self, manifest: Mapping[str, Any], name: str = "fleet.yaml") -> None:
        """Write a manifest; JSON is YAML."""
        (self.folder / name).write_text(json.dumps(manifest, indent=1), encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of this operator's processes."""
        own = {
            "PAPAYA_URL": self.url,
            "PAPAYA_USERNAME": USERNAME,
            "PAPAYA_PASSWORD": PASSWORD,
            "PYTHONPATH": str(ROOT),
            "PYTHONFAULTHANDLER": "1",
            **self.secrets,
        }
        if self.home is not None:
            own |= {"HOME": str(self.home), "XDG_STATE_HOME": str(self.home / "state")}
        if self.clock_ahead:
            wrong = ROOT / "tests" / "e2e" / "wrong_clock"
            own |= {"PYTHONPATH": f"{wrong}{os.pathsep}{ROOT}", "CLOCK_AHEAD": str(self.clock_ahead)}
        return {**os.environ, **own}

    def start(self, *arguments: str, measured: bool = False) -> Running:
        """Start papaya; a measured one does not take signals."""
        running = Running(arguments, self.environment, self.folder, measured=measured)
        self.started.append(running)
        return running

    def close(self) -> None:
        """End whatever a failed test has left running."""
        for running in self.started:
            running.kill()

    def hear(self, running: Running, patience: float = PATIENCE) -> Ended:
        """Wait for a run and remember what it said."""
        ended = running.ended(patience)
        self.heard.append(ended)
        return ended

    def run(self, *arguments: str) -> Ended:
        """Run papaya to its end."""
        return self.hear(self.start(*arguments))

    def does(self, *arguments: str) -> Ended:
        """Run papaya and insist on success."""
        ended = self.run(*arguments)
        assert ended.code == 0, ended.said
        return ended

    @property
    def journals(self) -> list[Path]:
        """Return the journals of this operator's runs, oldest first."""
        state = Path(self.environment.get("XDG_STATE_HOME", ""))
        return sorted(state.rglob("*.jsonl"), key=lambda path: path.stat().st_mtime_ns)

    def journal(self) -> list[dict[str, Any]]:
        """Return the events of the last run."""
        return [json.loads(line) for line in self.journals[-1].read_text(encoding="utf-8").splitlines()]

    def check_secrecy(self, *files: Path) -> None:
        """Insist that no secret was said or kept."""
        secrets = [*self.secrets.values(), PASSWORD]
        texts = {" ".join(ended.arguments): ended.stdout + ended.stderr for ended in self.heard}
        for path in (*self.journals, *files):
            texts[path.name] = path.read_text(encoding="utf-8")
            assert path.stat().st_mode & 0o077 == 0, f"{path.name} can be read by others"
        for where, text in texts.items():
            for secret in secrets:
                assert secret not in text, f"a secret turns up in {where}"


def until(holds: Callable[[], object], what: str) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"waited for {what} in vain"
        time.sleep(0.01)


@contextmanager
def proxy(upstream: str, *options: str, log: Path | None = None) -> Iterator[str]:
    """Run the fault proxy as a process and yield its URL."""
    logged = ("--log", str(log)) if log is not None else ()
    with _process("tests.faults.proxy", "--upstream", upstream, *options, *logged) as (_, url):
        yield url


@contextmanager
def serving(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a sandbox as a process; yield it and its URL."""
    with _process("tests.faults.server", *options) as (process, url):
        yield process, url


@contextmanager
def _process(module: str, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", module, *options], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    if process.stdout is None:
        raise AssertionError("stdout is a pipe")
    try:
        yield process, json.loads(process.stdout.readline())["url"]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
