"""A sandbox as a process of its own, to be killed and started again: `python -m tests.faults.server`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from papaya.sandbox import Fault, Sandbox
from papaya.sandbox.edge import Hook

# An administrator whose password is no ordinary word, so that tests can look for it wherever it must not be.
USERNAME, PASSWORD = "operator@example.com", "pass-phrase-of-the-operator"


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token-seconds", type=float, default=9000.0)
    parser.add_argument("--hold-from-device", type=int, default=0)
    arguments = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    is_new = arguments.data is None or not (arguments.data / "sandbox.sqlite").exists()
    sandbox = Sandbox(
        arguments.data,
        port=arguments.port,
        access_token_seconds=arguments.token_seconds,
        log_requests=False,
    )
    with sandbox:
        if arguments.hold_from_device:
            sandbox.before_reply = holding(arguments.hold_from_device)
        if is_new:
            sandbox.add_tenant_administrator(USERNAME, PASSWORD)
        sys.stdout.write(json.dumps({"url": sandbox.url}) + "\n")
        sys.stdout.flush()
        ended.wait()


def holding(number: int) -> Hook:
    """Return a hook that answers to no creation of a device from the one of this number on."""
    asked = 0

    def hook(method: str, path: str) -> Fault | None:
        nonlocal asked
        asked += method == "POST" and path == "/api/device"
        return Fault(held=lambda: True) if asked >= number and path == "/api/device" else None

    return hook


if __name__ == "__main__":
    main()
