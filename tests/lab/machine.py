"""A machine of the test's own: a Debian under systemd, in namespaces that end with the test."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

# The home of root on the machines that are booted.
ROOT_HOME = "/root"
BOOT = Path(__file__).with_name("boot.sh")
REPOSITORY = Path(__file__).parents[2]
SYSTEMD = Path("/lib/systemd/systemd")
HERE = Path("/")
PATIENCE = 60.0
_PREFIX = "papaya-lab-"
_OLD = 600.0
_TOOLS = ("unshare", "nsenter", "setpriv", "mount", "pivot_root", "ip", "systemd-id128")
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


class LabImpossible(AssertionError):
    """No machine can be booted here, and why."""


class Machine:
    """One booted machine without a network; `network.Network` gives it one.

    It is the Debian of the machine that runs the test, or that in the folder `system`. What is in the folder
    `image` it has besides, from its boot on: its /etc is made of `image / "etc"` too.
    """

    def __init__(self, name: str, image: Path | None = None, system: Path = HERE) -> None:
        self.name = name
        self._system = system
        self.pid = 0
        self._image = image
        self._folder: Path | None = None
        self._group: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._boot()
        except BaseException:
            self.power_off()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.power_off()

    def run(
        self, *command: str, check: bool = True, text: str = "", timeout: float = PATIENCE
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as root on this machine; `text` is its standard input."""
        done = subprocess.run(
            [*self._enter(), *command],
            input=text,
            capture_output=True,
            text=True,
            timeout=timeout,
            env={"PATH": _PATH, "HOME": "/root", "LANG": "C.UTF-8"},
        )
        if check and done.returncode != 0:
            said = f"{done.stdout}{done.stderr}"
            raise AssertionError(f"{self.name}: {' '.join(command)} ended with {done.returncode}:\n{said}")
        return done

    @contextlib.contextmanager
    def running(self, *command: str) -> Iterator[subprocess.Popen[str]]:
        """Run a command as root on this machine beside the test; it ends with the block."""
        process = subprocess.Popen(
            [*self._enter(), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={"PATH": _PATH, "HOME": "/root", "LANG": "C.UTF-8"},
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def systemctl(self, *arguments: str, check: bool = True) -> str:
        """Run systemctl on this machine and return what it printed."""
        return self.run("systemctl", "--no-pager", *arguments, check=check).stdout.strip()

    def journal(self, unit: str, lines: int = 40) -> str:
        """Return the last lines that a unit and systemd logged about it."""
        return self.run(
            "journalctl", "--no-pager", "-o", "short-monotonic", "-n", str(lines), "-u", unit
        ).stdout

    def path(self, place: str) -> Path:
        """Return where the test finds a file of this machine; no link on the way may be absolute."""
        return Path("/proc", str(self.pid), "root", place.lstrip("/"))

    def write(self, place: str, text: str, mode: int = 0o644) -> None:
        """Write a file as root, with the folders above it."""
        file = self.path(place)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(mode)

    def power_off(self) -> None:
        """End every process of this machine at once, and leave nothing behind."""
        if self._process is not None:
            # Everything on this machine ends with its PID 1, and then its parent. Should the test itself be
            # killed, the parent ends first and takes PID 1 with it.
            first = self.pid or _child_of(self._process.pid)
            os.kill(first or self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
        if self._group is not None:
            _remove_group(self._group)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _enter(self) -> list[str]:
        # What runs there has nsenter for a parent, and is to end with it.
        bound = ("setpriv", "--pdeathsig", "KILL")
        return ["nsenter", "--target", str(self.pid), "--all", "--wdns=/", "--", *bound]

    def _boot(self) -> None:
        check_possible()
        _sweep()
        self._folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{self.name}-"))
        self._group = _cgroup_root() / self._folder.name
        self._group.mkdir()
        root, nothing = self._folder / "machine", self._folder / "nothing"
        root.mkdir()
        nothing.mkdir()
        image = str(self._image or nothing)
        kept = _kept_folders() if self._system == HERE else ()
        with (self._folder / "console.log").open("wb") as console:
            self._process = subprocess.Popen(
                [
                    *("setpriv", "--pdeathsig", "KILL"),
                    *("sh", "-c", 'echo $$ > "$0" && exec "$@"', str(self._group / "cgroup.procs")),
                    *("unshare", "--fork", "--kill-child", "--pid", "--mount", "--cgroup", "--ipc", "--uts"),
                    *("--net", "bash", str(BOOT), str(root), str(self._system), image, self.name, *kept),
                ],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                env={"PATH": _PATH},
            )
        until = time.monotonic() + PATIENCE
        while not self._is_up():
            if self._process.poll() is not None or time.monotonic() > until:
                raise LabImpossible(f"{self.name} does not boot:\n{self._console_end()}")
            time.sleep(0.05)
        self.systemctl("log-target", "journal-or-kmsg")

    def _is_up(self) -> bool:
        if self.pid == 0:
            assert self._process is not None
            self.pid = _child_of(self._process.pid)
        # Before it has a root of its own, `nsenter` would show this machine's systemd or none.
        if self.pid == 0 or not self.path("/run/systemd/private").exists():
            return False
        asked = self.run("systemctl", "is-system-running", "--wait", check=False)
        answer = asked.stdout.strip()
        if answer == "degraded":
            failed = self.systemctl("--failed", "--plain", "--no-legend")
            raise LabImpossible(f"{self.name} boots, but not wholly:\n{failed}\n{self._console_end()}")
        return answer == "running"

    def _console_end(self) -> str:
        assert self._folder is not None
        console = self._folder / "console.log"
        said = console.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(said[-30:]) or "(it said nothing)"


def check_possible() -> None:
    """Raise unless machines can be booted here; the reason is in the exception."""
    if os.geteuid() != 0:
        raise LabImpossible("the lab boots systemd in namespaces, which needs root: run it as root")
    missing = [tool for tool in _TOOLS if shutil.which(tool, path=_PATH) is None]
    if not SYSTEMD.exists():
        missing.append(str(SYSTEMD))
    if missing:
        raise LabImpossible(f"the lab needs {', '.join(missing)} (Debian: systemd, util-linux, iproute2)")
    if "\toverlay\n" not in Path("/proc/filesystems").read_text(encoding="utf-8"):
        raise LabImpossible("the lab needs the kernel's overlay filesystem; /proc/filesystems has none")


def _cgroup_root() -> Path:
    """Return where the unified hierarchy of control groups is mounted."""
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        before, _, after = line.partition(" - ")
        if after.startswith("cgroup2 "):
            return Path(before.split()[4])
    raise LabImpossible("the lab needs control groups of version 2; no cgroup2 is mounted")


def _sweep() -> None:
    """Remove the empty control groups and folders of machines whose test was killed long ago."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        group = _cgroup_root() / folder.name
        with contextlib.suppress(OSError):
            is_alive = group.exists() and "populated 1" in (group / "cgroup.events").read_text(
                encoding="ascii"
            )
            if not is_alive and time.time() - folder.stat().st_mtime > _OLD:
                _remove_group(group)
                shutil.rmtree(folder, ignore_errors=True)


def _remove_group(group: Path) -> None:
    until = time.monotonic() + PATIENCE
    while group.exists() and time.monotonic() < until:
        for folder, _, _ in os.walk(group, topdown=False):
            # Busy until the kernel is done with the last process in it.
            with contextlib.suppress(OSError):
                Path(folder).rmdir()
        time.sleep(0.02)


def _kept_folders() -> Sequence[str]:
    """Return what papaya needs to run and the overlay over `/` alone would not show."""
    here = Path("/").stat().st_dev
    wanted = (REPOSITORY, Path(sys.prefix), Path(sys.base_prefix))
    return sorted({str(folder) for folder in wanted if folder.stat().st_dev != here})


def _child_of(pid: int) -> int:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    except OSError:
        return 0
    return int(children[0]) if children else 0
