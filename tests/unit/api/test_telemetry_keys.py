"""Which keys devices have that nobody knew of, in few requests."""

from __future__ import annotations

from papaya.api.session import Credentials, Session
from papaya.api.telemetry_keys import keys_beside
from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client
from tests.unit.sandbox.watcher import post_series


def test_keys_are_told_of_the_devices_that_have_them_and_not_of_others() -> None:
    with Sandbox() as sandbox, Client(sandbox) as client:
        first, second, third = (client.device(name) for name in ("PM-1", "PM-2", "PM-3"))
        post_series(client, first, t=1, own=True)
        post_series(client, second, t=1, text="", none="x")
        ids = [str(device["id"]["id"]) for device in (first, second, third)]
        person = Credentials(username=Sandbox.username, password=Sandbox.password)
        with Session(sandbox.url, person) as session:
            nothing = dict.fromkeys(ids, ())
            assert keys_beside(session, nothing) == {ids[0]: {"own", "t"}, ids[1]: {"none", "t", "text"}}
            known = {ids[0]: ["own"], ids[1]: ["t", "text", "none"], ids[2]: []}
            assert keys_beside(session, known) == {ids[0]: {"t"}}
            assert keys_beside(session, {}) == {}
