"""Records the scenario against a real server: `python -m tests.contract.record URL`.

The server's demo tenant is used and left as it was found. The cassette is named after the server's version.
"""

from __future__ import annotations

import json
import sys

import pytest

from papaya.api.credentials import Credentials
from papaya.api.session import Session
from tests.contract.life import CASSETTES, PASSWORD, SERVERS, USERNAME, recorder, whole_life


def record(url: str) -> None:
    """Record one server and note its address, which is part of every recorded request."""
    with Session(url, Credentials(username=USERNAME, password=PASSWORD)) as session:
        version = session.info().version
    path = CASSETTES / f"thingsboard-{version}.yaml"
    path.unlink(missing_ok=True)
    with recorder("new_episodes").use_cassette(str(path)), pytest.MonkeyPatch.context() as monkeypatch:
        whole_life(url, monkeypatch)
    known = json.loads(SERVERS.read_text()) if SERVERS.exists() else {}
    SERVERS.write_text(json.dumps({**known, version: url}, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    record(sys.argv[1])
