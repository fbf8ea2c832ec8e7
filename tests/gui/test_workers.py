"""Work beside the window: in order, told of, and never in the way of the end."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

from papaya_gui.workers import Worker
from PyQt6.QtCore import QObject

from tests.gui.hand import wait_until

# Quits while a call is not answered, as a window does over a server that keeps silent.
QUITTING = """
import time
from PyQt6.QtCore import QCoreApplication, QObject
from papaya_gui.workers import Worker

def work():
    application = QCoreApplication([])
    owner = QObject()
    worker = Worker("silent", owner)
    worker.submit("call", lambda: time.sleep(60))
    while not worker.isRunning():
        pass
    worker.close(0.05)

work()
"""


def test_one_thing_is_done_after_the_other_and_each_outcome_told() -> None:
    worker, told = Worker("test"), []
    worker.done.connect(lambda token, result: told.append((token, result)))
    worker.failed.connect(lambda token, error: told.append((token, str(error))))
    worker.submit(1, lambda: "one")
    worker.submit(2, lambda: int("two"))
    worker.submit(3, lambda: "three")
    wait_until(lambda: len(told) == 3)
    assert [token for token, _ in told] == [1, 2, 3]
    assert told[0][1] == "one" and "invalid literal" in str(told[1][1])
    worker.close()
    assert worker.isFinished()


def test_a_thread_that_hangs_does_not_hold_up_who_closes_it_and_tells_nobody_more() -> None:
    owner, let_go, told = QObject(), threading.Event(), []
    worker = Worker("test", owner)
    worker.done.connect(lambda token, result: told.append(token))
    worker.submit("call", lambda: let_go.wait(60.0))
    began = time.monotonic()
    worker.close(0.1)
    assert time.monotonic() - began < 20.0
    del owner
    let_go.set()
    wait_until(worker.isFinished)
    assert told == []


def test_a_process_ends_well_while_a_thread_hangs() -> None:
    # Qt has a word to say about other locales than those of Unicode.
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-c", QUITTING]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=100, env=environment)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_what_is_asked_for_after_the_end_starts_no_thread() -> None:
    worker = Worker("test")
    worker.submit(1, lambda: "one")
    worker.close()
    worker.submit(2, lambda: "two")
    assert not worker.isRunning()
    # One that never ran.
    idle = Worker("idle")
    idle.close()
    idle.submit(1, lambda: "one")
    assert not idle.isRunning()
