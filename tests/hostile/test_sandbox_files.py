"""Out of descriptors, the sandbox refuses new connections, says so in few lines, and goes on."""

from __future__ import annotations

import json
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests

_FILES, _CONNECTIONS = 64, 200
_SECONDS = 60.0


@pytest.fixture
def narrow() -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A sandbox that may open few files."""
    command = [sys.executable, "-m", "papaya", "sandbox", "--port", "0", "--mqtt-port", "0", "--json"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, _FILES)),
    ) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def test_many_connections_are_refused_in_few_lines(
    narrow: tuple[subprocess.Popen[str], dict[str, Any]],
) -> None:
    process, told = narrow
    url, ports = told["url"], [int(told[name].rpartition(":")[2]) for name in ("url", "mqtt")]
    with ExitStack() as open_ones:
        for number in range(_CONNECTIONS):
            open_ones.enter_context(socket.create_connection(("127.0.0.1", ports[number % 2]), timeout=60))
        full = socket.create_connection(("127.0.0.1", ports[0]), timeout=60)
        open_ones.enter_context(full)
        assert full.recv(100).startswith(b"HTTP/1.1 503 ")
    end = time.monotonic() + _SECONDS
    while (answer := requests.get(url, timeout=60)).status_code != 200 and time.monotonic() < end:
        time.sleep(0.05)
    assert answer.status_code == 200
    process.kill()
    assert process.stderr is not None
    lines = process.stderr.read().splitlines()
    assert len(lines) < 20
    assert any("too many connections for a limit of 64 open files" in line for line in lines)
    assert not any("Traceback" in line for line in lines)
