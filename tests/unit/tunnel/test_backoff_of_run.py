"""How long a supervisor waits, and what it makes of how an attempt ended; a program stands in for ssh."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from papaya.tunnel.condition import Condition
from papaya.tunnel.event import Event
from papaya.tunnel.line import Forward, Line
from papaya.tunnel.stopping import Stop
from papaya.tunnel.supervisor import Pace, Supervisor

LINE = Line("PM-0001", "127.0.0.1", "papaya", 22, "/k", "/h", Forward("ssh", 20001, 22))
UP = "debug1: remote forward success for: listen 127.0.0.1:20001, connect 127.0.0.1:22"
LOST = "Timeout, server 127.0.0.1 not responding."
TAKEN = "Error: remote port forwarding failed for listen port 20001"
DENIED = "papaya@127.0.0.1: Permission denied (publickey)."
REFUSED = "ssh: connect to host 127.0.0.1 port 22: Connection refused"


class Times(Stop):
    """A clock that only pauses move; it stops the supervisor after so many of them."""

    def __init__(self, attempts: int) -> None:
        super().__init__()
        self.now = 0.0
        self.pauses: list[float] = []
        self._left = attempts

    def wait(self, seconds: float) -> bool:
        self.pauses.append(seconds)
        self.now += seconds
        self._left -= 1
        if not self._left:
            self.set()
        return self.is_set


class Scene:
    """A supervisor whose ssh is a program that says the next of the given texts each time."""

    def __init__(self, folder: Path, scripts: Sequence[Sequence[str]], *, lives: float = 0.0) -> None:
        self.events: list[Event] = []
        self.conditions: list[Condition] = []
        self.times = Times(len(scripts))
        self._lives = lives
        for number, script in enumerate(scripts):
            (folder / str(number)).write_text("".join(f"{line}\n" for line in script))
        program = folder / "ssh"
        program.write_text(
            f"#!{sys.executable} -S\nimport pathlib, sys\n"
            f"folder = pathlib.Path({str(folder)!r})\n"
            "first = min((p for p in folder.iterdir() if p.name.isdigit()), key=lambda p: int(p.name))\n"
            "sys.stderr.write(first.read_text())\nfirst.unlink()\n"
        )
        program.chmod(0o755)
        self._supervisor = Supervisor(
            LINE,
            str(program),
            (),
            stop=self.times,
            tell=self._tell,
            note=self.conditions.append,
            pace=Pace(first=1, longest=60, longest_for_port=5, longest_for_person=300, healthy_after=10),
            chance=lambda: 1.0,
            clock=lambda: self.times.now,
            now=lambda: 1000 + self.times.now,
        )

    def play(self) -> list[float]:
        """Run it and return its pauses."""
        self._supervisor.run()
        self.times.close()
        return self.times.pauses

    def _tell(self, event: Event) -> None:
        self.events.append(event)
        if event.what == "up":
            self.times.now += self._lives


def test_pauses_grow_while_nothing_answers(tmp_path: Path) -> None:
    assert Scene(tmp_path, [[REFUSED]] * 8).play() == [1, 2, 4, 8, 16, 32, 60, 60]


def test_pauses_stay_short_while_the_port_is_held(tmp_path: Path) -> None:
    assert Scene(tmp_path, [[TAKEN]] * 5).play() == [1, 2, 4, 5, 5]


def test_pauses_grow_long_where_only_a_person_can_help(tmp_path: Path) -> None:
    assert Scene(tmp_path, [[DENIED]] * 10).play()[-3:] == [128, 256, 300]


def test_a_connection_that_held_makes_everything_forgotten(tmp_path: Path) -> None:
    scripts = [*[[REFUSED]] * 5, [UP, LOST], [REFUSED]]
    assert Scene(tmp_path, scripts, lives=20).play() == [1, 2, 4, 8, 16, 1, 2]


def test_a_connection_that_ends_at_once_forgets_nothing(tmp_path: Path) -> None:
    assert Scene(tmp_path, [[UP, LOST]] * 4, lives=2).play() == [1, 2, 4, 8]


def test_what_happens_is_told_in_order_and_a_remedy_once(tmp_path: Path) -> None:
    scene = Scene(tmp_path, [[REFUSED], [REFUSED], [UP, LOST]], lives=20)
    scene.play()
    assert [event.what for event in scene.events] == [
        "connecting", "failed", "connecting", "failed", "connecting", "up", "down", "stopped",
    ]  # fmt: skip
    first, second = [event for event in scene.events if event.what == "failed"]
    assert "remedy" in first.details
    assert "remedy" not in second.details
    assert (first.details["retries"], second.details["retries"]) == (1, 2)
    up, down = scene.events[5], scene.events[6]
    assert up.details["attempt"] == 3
    assert (down.details["error"], down.details["upSeconds"]) == ("lost", 20)


def test_the_condition_says_since_when_and_why(tmp_path: Path) -> None:
    scene = Scene(tmp_path, [[TAKEN], [UP, LOST]], lives=20)
    scene.play()
    assert [one.standing for one in scene.conditions] == [
        "connecting", "waiting", "connecting", "up", "waiting", "stopped",
    ]  # fmt: skip
    waiting, up = scene.conditions[1], scene.conditions[3]
    assert waiting.complaint is not None
    assert (waiting.complaint.kind, waiting.retries) == ("portTaken", 1)
    assert (up.complaint, up.retries, up.since, up.is_up) == (None, 0, 1001, True)
    assert (waiting.since, scene.conditions[4].since) == (1000, 1021)


def test_somebody_who_comes_in_vain_is_told_once_a_connection(tmp_path: Path) -> None:
    nobody = "connect_to 127.0.0.1 port 22: failed."
    scene = Scene(tmp_path, [[UP, nobody, nobody, LOST], [UP, nobody]], lives=20)
    scene.play()
    told = [event for event in scene.events if event.what == "complaint"]
    assert [event.details["error"] for event in told] == ["localPortClosed"] * 2
    ended = [event.details["error"] for event in scene.events if event.what == "down"]
    assert ended == ["lost", "lost"]


def test_an_ssh_that_says_nothing_is_told_too(tmp_path: Path) -> None:
    scene = Scene(tmp_path, [[]])
    scene.play()
    assert scene.events[1].details["text"] == "ssh ended without a word"


def test_an_ssh_that_has_gone_is_waited_for(tmp_path: Path) -> None:
    scene = Scene(tmp_path, [[UP, LOST]])
    (tmp_path / "ssh").unlink()
    scene.play()
    assert scene.events[1].details["error"] == "notStarted"
    assert str(scene.events[1].details["text"]).endswith("ssh cannot be started: No such file or directory")


@pytest.mark.parametrize("value", ['say "yes"', "a=b", "two words", "line\nbreak", "\x9b31m", ""])
def test_a_value_of_a_log_line_stays_one_value(value: str) -> None:
    text = Event("failed", 0.0, "papaya-ssh.service", "PM-0001", 20001, {"text": value}).as_text()
    assert text.startswith("1970-01-01T00:00:00.000Z INFO    event=failed unit=papaya-ssh.service ")
    assert text.isprintable()
    assert text.partition(" text=")[2].startswith('"')
