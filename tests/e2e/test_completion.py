"""What bash, zsh and fish insert at the Tab key, in the shells themselves."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from papaya.command_line import remember

MANIFEST = """
apiVersion: papaya/v1
kind: Fleet
metadata: {name: meters}
countries:
  - name: INDIA
    location: {latitude: 20, longitude: 78}
    states:
      - name: Tamil Nadu
        devices: [{name: "PM, one"}, {name: PM-2}, {name: "QM:one"}, {name: "R$HOME"}, {name: Zähler-1}]
environments: {staging: {}, production: {profiles: {create: true}}}
"""
# A line that is typed up to the cursor, and what it is after the Tab key.
LINES = {
    "papaya connect PM-": "papaya connect PM-2",
    "papaya plan -f fleet.yaml PM,": r"papaya plan -f fleet.yaml PM,\ one",
    "papaya plan 'PM, ": "papaya plan 'PM, one'",
    "papaya plan INDIA/": r"papaya plan INDIA/Tamil\ Nadu",
    "papaya show QM:": "papaya show QM:one",
    "papaya show R": r"papaya show R\$HOME",
    "papaya show Z": "papaya show Zähler-1",
    "papaya plan --target=PM-": "papaya plan --target=PM-2",
    "papaya plan --environment=st": "papaya plan --environment=staging",
    "papaya plan -e s": "papaya plan -e staging",
    "papaya plan fle": "papaya plan fleet.yaml",
    "papaya plan --file=fle": "papaya plan --file=fleet.yaml",
    "papaya val": "papaya validate",
    "papaya help val": "papaya help validate",
    "papaya plan --det": "papaya plan --detailed-exitcode",
}
BASH = """\
eval "$(papaya completion bash)"
kept() { printf '%s\\n' "$READLINE_LINE" >> lines; }
bind -x '"\\C-xd": kept'
"""
# Without compinit: the script loads it.
ZSH = """\
eval "$(papaya completion zsh)"
kept() { print -r -- "$BUFFER" >> lines }
zle -N kept
bindkey '^Xd' kept
bindkey '^A' beginning-of-line
bindkey '^K' kill-line
"""


class Terminal:
    """A shell at a pseudoterminal, in this folder, which keeps its lines in the file `lines`."""

    def __init__(self, *command: str) -> None:
        process, self._terminal = pty.fork()
        if process == 0:
            os.execvp(command[0], command)
        self._process = process
        self._count = 0
        Path("lines").write_text("")

    def close(self) -> None:
        """Hang up, and wait for the shell."""
        os.close(self._terminal)
        os.waitpid(self._process, 0)

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._terminal, keys.encode())

    def line_after(self, keys: str) -> str:
        """Return the line of the shell after these keys, without the blank that ends a word, and clear it."""
        self.type(f"{keys}\x18d\x01\x0b")
        self._count += 1
        deadline = time.monotonic() + 60
        screen = b""
        while len(lines := Path("lines").read_text().splitlines()) < self._count:
            assert time.monotonic() < deadline, screen.decode(errors="replace")
            if select.select([self._terminal], [], [], 0.02)[0]:
                with contextlib.suppress(OSError):
                    screen += os.read(self._terminal, 65536)
        return lines[-1].rstrip(" ")


@pytest.fixture(autouse=True)
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A manifest whose names are kept, and `papaya` as what runs this test."""
    monkeypatch.chdir(tmp_path)
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "papaya").write_text(f'#!/bin/sh\nexec {sys.executable} -m papaya "$@"\n')
    (programs / "papaya").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    Path("fleet.yaml").write_text(MANIFEST)
    remember.main(["", "."])
    remember.main(["", "fleet.yaml"])


@pytest.fixture(params=["bash", "zsh"])
def shell(request: pytest.FixtureRequest) -> Iterator[Terminal]:
    """A shell with the script of `papaya completion` and without anybody's settings."""
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    options = {"bash": ("--norc", "--noprofile", "-i"), "zsh": ("-f", "-i")}[request.param]
    terminal = Terminal(request.param, *options)
    Path("start").write_text({"bash": BASH, "zsh": ZSH}[request.param])
    terminal.type(". ./start\n")
    yield terminal
    terminal.close()


def test_the_tab_key_completes_the_line(shell: Terminal) -> None:
    assert {typed: shell.line_after(f"{typed}\t") for typed in LINES} == LINES


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_offers_what_the_other_shells_insert() -> None:
    """fish escapes what it inserts itself, so the offers have the names as they are."""
    script = (
        "papaya completion fish | source; while read --local line; complete --do-complete $line; echo ==; end"
    )
    done = subprocess.run(
        ["fish", "--no-config", "-c", script],
        input="".join(f"{typed}\n" for typed in LINES),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    offers = [part.strip("\n").partition("\t")[0] for part in done.stdout.split("==\n")[:-1]]
    wanted = [shlex.split(completed)[-1] for completed in LINES.values()]
    assert dict(zip(LINES, offers, strict=True)) == dict(zip(LINES, wanted, strict=True))
