"""What is sent for firmware, without a server."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from papaya.errors import PapayaError, Rejected
from papaya.kinds.kind import (
    Kind,
)
from papaya.kinds.origin import Origin
from papaya.kinds.registry import KINDS
from papaya.kinds.request import Request
from papaya.kinds.resource import Desired, Live
from papaya.manifest.model import File, Fleet, Json, Resource

FIRMWARE: Kind = KINDS["firmware"]
ORIGIN = Origin("meters", "r1")
FLEET = Fleet("meters")


def declared(**values: Any) -> Resource:
    told: Json = {"path": "app.bin", "name": "app.bin", "size": 3, "digests": {"sha256": "ab", "md5": "cd"}}
    files = {} if "url" in values else {"file": File("app.bin", "", told)}
    return Resource(
        "firmware",
        "firmware",
        "app 1.0",
        {"title": "app", "version": "1.0", "profile": "Meter", **values},
        files,
    )


def row(**fields: Any) -> dict[str, Any]:
    return {
        "id": {"entityType": "OTA_PACKAGE", "id": "f-1"},
        "title": "app",
        "version": "1.0",
        "type": "FIRMWARE",
        "hasData": True,
        "deviceProfileId": {"entityType": "DEVICE_PROFILE", "id": "p-1"},
        "checksum": "ab",
        "checksumAlgorithm": "SHA256",
        "dataSize": 3,
        "additionalInfo": None,
        **fields,
    }


def live(desired: Desired, **fields: Any) -> Live:
    told = row(**fields)
    return Live(desired.address, "f-1", row=told, fields=FIRMWARE.fields(told, (), lambda kind, id_: "Meter"))


def sent(conversation: Generator[Request, Any, Any], *answers: Any) -> list[Request]:
    """Return the requests of a conversation that gets these answers."""
    requests = [next(conversation)]
    for answer in answers:
        try:
            requests.append(conversation.send(answer))
        except StopIteration:
            break
    return requests


def test_a_package_is_created_with_its_origin_and_then_uploaded() -> None:
    desired = FIRMWARE.desired(declared(description="First"), FLEET)
    create, upload = sent(FIRMWARE.create(desired, ORIGIN, lambda _: "p-1"), row(hasData=False), row())
    assert isinstance(create.body, dict)
    assert create.body["deviceProfileId"] == {"entityType": "DEVICE_PROFILE", "id": "p-1"}
    assert create.body["additionalInfo"] == {
        "description": "First",
        "papaya": {"fleet": "meters", "run": "r1"},
    }
    assert (create.body["usesUrl"], create.body["url"]) == (False, None)
    assert upload.path == "/api/otaPackage/f-1" and upload.body is None
    assert upload.parameters == {"checksumAlgorithm": "SHA256", "checksum": "ab"}
    assert upload.upload is not None and upload.upload.size == 3


def test_a_lost_answer_of_a_creation_is_found_by_its_origin_alone() -> None:
    desired = FIRMWARE.desired(declared(), FLEET)
    create = next(FIRMWARE.create(desired, ORIGIN, lambda _: "p-1"))
    assert create.look is not None
    own = row(additionalInfo={"papaya": {"fleet": "meters", "run": "r1"}})
    assert create.look.found({"data": [row(), own]}) == own
    assert create.look.found({"data": [row(), {**own, "type": "SOFTWARE"}]}) is None


def test_a_package_with_data_is_never_uploaded_again() -> None:
    desired = FIRMWARE.desired(declared(description="Later"), FLEET)
    (save,) = sent(FIRMWARE.update(desired, live(desired), lambda _: "p-1"), row())
    assert save.path == "/api/otaPackage" and save.upload is None
    (upload,) = sent(FIRMWARE.update(desired, live(desired, hasData=False), lambda _: "p-1"))
    assert upload.upload is not None


@pytest.mark.parametrize(
    ("fields", "key"),
    [({"checksum": "xx"}, "file"), ({"url": "https://x.example"}, "url"), ({"tag": "old"}, "tag")],
)
def test_what_the_server_never_changes_is_refused(fields: dict[str, Any], key: str) -> None:
    desired = FIRMWARE.desired(declared(tag="new") if key == "tag" else declared(), FLEET)
    (fault,) = FIRMWARE.refused(desired, live(desired, **fields))
    assert f"never changes the {key}" in fault.summary and "new version" in fault.remedy


def test_a_package_without_data_may_still_get_its_file() -> None:
    desired = FIRMWARE.desired(declared(), FLEET)
    half = live(desired, hasData=False, checksum=None, checksumAlgorithm=None, dataSize=None)
    assert not list(FIRMWARE.refused(desired, half))


def test_a_package_by_url_sends_its_checksum_with_the_creation() -> None:
    desired = FIRMWARE.desired(declared(url="https://x.example", checksum="AB", size=7), FLEET)
    (create,) = sent(FIRMWARE.create(desired, ORIGIN, lambda _: "p-1"), row())
    assert isinstance(create.body, dict)
    assert (create.body["usesUrl"], create.body["checksum"], create.body["dataSize"]) == (True, "ab", 7)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Rejected("too large", method="POST", path="/", status=413), "more than it takes at once"),
        (Rejected("Wrong otaPackage file!", method="POST", path="/", status=400), "its checksum is another"),
    ],
)
def test_a_refused_upload_says_what_to_do(error: Rejected, told: str) -> None:
    desired = FIRMWARE.desired(declared(), FLEET)
    conversation = FIRMWARE.create(desired, ORIGIN, lambda _: "p-1")
    next(conversation)
    conversation.send(row(hasData=False))
    with pytest.raises(PapayaError) as raised:
        conversation.throw(error)
    assert told in raised.value.message and raised.value.remedy


def test_an_assignment_starts_from_the_profile_as_it_is_now() -> None:
    kind = KINDS["firmwareOfProfile"]
    desired = kind.desired(Resource(kind.key, "profiles", "Meter", {"firmware": "app 1.0"}), FLEET)
    read, save = sent(
        kind.create(desired, ORIGIN, lambda one: {"firmware": "f-1"}.get(one.kind, "p-1")),
        {"id": {"entityType": "DEVICE_PROFILE", "id": "p-1"}, "version": 7, "description": "kept"},
    )
    assert (read.method, read.path) == ("GET", "/api/deviceProfile/p-1")
    assert isinstance(save.body, dict)
    assert (save.body["version"], save.body["description"]) == (7, "kept")
    assert save.body["firmwareId"] == {"entityType": "OTA_PACKAGE", "id": "f-1"}
