"""A sandbox as a process of its own, to be killed and started again: `python -m tests.faults.server`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from papaya.sandbox import Sandbox

# An administrator whose password is no ordinary word, so that tests can look for it wherever it must not be.
USERNAME, PASSWORD = "operator@example.com", "pass-phrase-of-the-operator"


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token-seconds", type=float, default=9000.0)
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
        if is_new:
            sandbox.add_tenant_administrator(USERNAME, PASSWORD)
        sys.stdout.write(json.dumps({"url": sandbox.url}) + "\n")
        sys.stdout.flush()
        ended.wait()


if __name__ == "__main__":
    main()
