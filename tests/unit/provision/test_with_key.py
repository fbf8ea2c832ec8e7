"""Registration with a provision key, against the sandbox as both versions answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from papaya.errors import PapayaError, UnexpectedReply
from papaya.provision.device_api import DeviceApi
from papaya.provision.with_key import Key, new_token, register
from papaya.sandbox import Fault, Sandbox
from papaya.settings.device_token import pending_path, read_token
from tests.unit.apply.run import VERSIONS
from tests.unit.sandbox.client import Client

KEY = Key("mk2-key", "mk2-secret", "allowCreate")
PRE = Key("pre-key", "pre-secret", "checkPreProvisioned")
TYPES = {KEY: "ALLOW_CREATE_NEW_DEVICES", PRE: "CHECK_PRE_PROVISIONED_DEVICES"}


@pytest.fixture(params=VERSIONS)
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox(emulate=request.param) as running, Client(running) as client:
        for key, kind in TYPES.items():
            configuration = {"type": kind, "provisionDeviceSecret": key.secret}
            client.post(
                "/api/deviceProfile",
                {
                    "name": key.key,
                    "type": "DEFAULT",
                    "transportType": "DEFAULT",
                    "provisionType": kind,
                    "provisionDeviceKey": key.key,
                    "profileData": {
                        "configuration": {"type": "DEFAULT"},
                        "transportConfiguration": {"type": "DEFAULT"},
                        "provisionConfiguration": configuration,
                    },
                },
            )
        yield running


@pytest.fixture
def connect(sandbox: Sandbox) -> Callable[[str], DeviceApi]:
    return lambda token: DeviceApi(sandbox.url, token, retry_for=0.0)


def lose_the_answer(sandbox: Sandbox) -> None:
    """Let the next registration be carried out and its answer be lost."""
    left = [1]

    def spoil(method: str, path: str) -> Fault | None:
        if path != "/api/v1/provision" or not left:
            return None
        left.pop()
        return Fault(drop=True, handled=True)

    sandbox.before_reply = spoil


def test_a_new_device_gets_the_token_that_it_made(
    sandbox: Sandbox, connect: Callable[[str], DeviceApi], tmp_path: Path
) -> None:
    path = tmp_path / "PM-1.token"
    first = register("PM-1", KEY, path, connect)
    assert (first.how, read_token(path), path.stat().st_mode & 0o777) == ("registered", first.token, 0o600)
    with Client(sandbox) as client:
        device = client.get("/api/tenant/devices", deviceName="PM-1")
        assert (device["type"], client.token_of(device)) == (KEY.key, first.token)
    again = register("PM-1", KEY, path, connect)
    assert (again.how, again.token) == ("known already", first.token)
    assert list(tmp_path.iterdir()) == [path]


def test_a_lost_answer_is_found_out_by_trying_the_token(
    sandbox: Sandbox, connect: Callable[[str], DeviceApi], tmp_path: Path
) -> None:
    path = tmp_path / "PM-1.token"
    lose_the_answer(sandbox)
    with pytest.raises(PapayaError):
        register("PM-1", KEY, path, connect)
    assert read_token(path) is None
    waiting = read_token(pending_path(path))
    registered = register("PM-1", KEY, path, connect)
    assert (registered.how, registered.token) == ("registered earlier", waiting)
    assert list(tmp_path.iterdir()) == [path]


def test_a_pre_provisioned_device_gets_the_token_that_it_has(
    sandbox: Sandbox, connect: Callable[[str], DeviceApi], tmp_path: Path
) -> None:
    with Client(sandbox) as client:
        token = client.token_of(client.device("PM-1", type=PRE.key))
    registered = register("PM-1", PRE, tmp_path / "PM-1.token", connect)
    assert (registered.token, read_token(registered.path)) == (token, token)
    assert not pending_path(registered.path).exists()


def test_a_replaced_token_is_fetched_anew_where_the_server_gives_it(
    sandbox: Sandbox, connect: Callable[[str], DeviceApi], tmp_path: Path
) -> None:
    path = tmp_path / "PM-1.token"
    path.write_text("an-old-token\n")
    with Client(sandbox) as client:
        client.device("PM-1", type=PRE.key)
    assert register("PM-1", PRE, path, connect).how == "registered"


@pytest.mark.parametrize(
    ("key", "name", "message", "remedy"),
    [
        (Key("mk2-key", "wrong", "allowCreate"), "PM-1", "knows no device profile", "Compare them"),
        (KEY, "TAKEN", "does not register TAKEN", "is on the server with another token"),
        (PRE, "PM-9", "does not register PM-9", "has to be on the server before"),
        (Key("pre-key", "pre-secret"), "PM-9", "does not register PM-9", "provisionState"),
    ],
)
def test_a_refusal_says_what_to_do(
    sandbox: Sandbox,
    connect: Callable[[str], DeviceApi],
    tmp_path: Path,
    key: Key,
    name: str,
    message: str,
    remedy: str,
) -> None:
    with Client(sandbox) as client:
        client.device("TAKEN")
    with pytest.raises(PapayaError, match=message) as caught:
        register(name, key, tmp_path / "x.token", connect)
    assert remedy in caught.value.remedy
    waiting = read_token(pending_path(tmp_path / "x.token"))
    assert not (tmp_path / "x.token").exists()
    assert waiting is not None
    assert not {key.secret, waiting} & set(str(caught.value).split())


def test_what_answers_something_else_is_told(
    sandbox: Sandbox, connect: Callable[[str], DeviceApi], tmp_path: Path
) -> None:
    sandbox.before_reply = lambda method, path: Fault(status=200, body=b'{"hello": "world"}')
    with pytest.raises(UnexpectedReply, match="names no status"):
        register("PM-1", KEY, tmp_path / "x.token", connect)


def test_tokens_fit_into_the_path_of_the_device_api() -> None:
    made = {new_token() for _ in range(100)}
    assert len(made) == 100
    assert all(token.isalnum() and len(token) == 32 for token in made)
