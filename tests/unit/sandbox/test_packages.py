"""OTA packages: upload, what never changes, rollout to devices, and download."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client


class Shop:
    """A server with a device profile, a device of it and packages for it."""

    def __init__(self, sandbox: Sandbox, client: Client) -> None:
        self.sandbox, self.client = sandbox, client
        self.profile = client.post("/api/deviceProfile", self.profile_body())
        self.meter = client.device("PM-1", deviceProfileId=self.profile["id"])

    @staticmethod
    def profile_body(**fields: Any) -> dict[str, Any]:
        """Return a device profile."""
        return {
            "name": "meter",
            "type": "DEFAULT",
            "transportType": "DEFAULT",
            "profileData": {"transportConfiguration": {"type": "DEFAULT"}},
            **fields,
        }

    def package(self, version: str = "1.0", kind: str = "FIRMWARE", **fields: Any) -> dict[str, Any]:
        """Create a package."""
        body = {"deviceProfileId": self.profile["id"], "type": kind, "title": "fw", "version": version}
        return dict(self.client.post("/api/otaPackage", {**body, **fields}))

    def upload(
        self, package: dict[str, Any], data: bytes = b"abc", name: str = "f.bin", **query: str
    ) -> requests.Response:
        """Give a package its data."""
        return self.client.session.post(
            f"{self.sandbox.url}/api/otaPackage/{package['id']['id']}",
            files={"file": (name, data, "application/octet-stream")},
            params={"checksumAlgorithm": "SHA256", **query},
            timeout=60,
        )

    def ready(self, version: str = "1.0", data: bytes = b"abc", kind: str = "FIRMWARE") -> dict[str, Any]:
        """Create a package with data."""
        return dict(self.upload(self.package(version, kind), data).json())

    def shared(self) -> dict[str, Any]:
        """Return what the device was told."""
        return self.client.attributes(self.meter, "SHARED")

    def assign(self, package: dict[str, Any] | None) -> None:
        """Let the profile name a package."""
        named = None if package is None else package["id"]
        body = self.profile_body(id=self.profile["id"], firmwareId=named)
        self.client.post("/api/deviceProfile", body)


@pytest.fixture
def shop(sandbox: Sandbox, client: Client) -> Iterator[Shop]:
    """A server of 4.3.1.3."""
    yield Shop(sandbox, client)


@pytest.mark.parametrize(
    ("algorithm", "checksum"),
    [
        ("MD5", "900150983cd24fb0d6963f7d28e17f72"),
        ("sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("CRC32", "c2412435"),
        ("MURMUR3_32", "fa93ddb3"),
        ("MURMUR3_128", "6778ad3f3f3f96b4522dca264174a23b"),
    ],
)
def test_checksums_are_those_of_the_server(shop: Shop, algorithm: str, checksum: str) -> None:
    """Of the same three bytes, read on real servers."""
    saved = shop.upload(shop.package(), checksumAlgorithm=algorithm).json()
    assert (saved["checksum"], saved["checksumAlgorithm"]) == (checksum, algorithm.upper())
    assert "data" not in saved


def test_older_servers_send_the_upload_back() -> None:
    """In base64."""
    with Sandbox(emulate="4.0.1") as sandbox, Client(sandbox) as client:
        assert Shop(sandbox, client).ready()["data"] == "YWJj"


def test_an_upload_names_its_content_type(shop: Shop) -> None:
    """`requests` and others leave it out unless they are told."""
    path = f"{shop.sandbox.url}/api/otaPackage/{shop.package()['id']['id']}"
    query = {"checksumAlgorithm": "SHA256"}
    answer = shop.client.session.post(path, files={"file": ("f.bin", b"abc")}, params=query, timeout=60)
    assert (answer.status_code, answer.json()["message"]) == (
        400,
        "OtaPackage content type should be specified!",
    )


def test_content_is_for_life(shop: Shop) -> None:
    """The same bytes again are fine, others are not; a URL has no upload."""
    package = shop.ready()
    assert shop.upload(package).status_code == 200
    assert "is prohibited" in shop.upload(package, b"abd").json()["message"]
    renamed = shop.upload(package, name="g.bin").json()["message"]
    assert renamed == "Updating otaPackage file name is prohibited!"
    assert shop.upload(package, b"").json()["message"] == "OtaPackage data should be specified!"
    changed = shop.client.ask("POST", "/api/otaPackage", {**package, "version": "1.1"})
    assert changed.json()["message"] == "Updating otaPackage version is prohibited!"
    described = shop.client.post("/api/otaPackage", {**package, "additionalInfo": {"description": "x"}})
    assert described["additionalInfo"] == {"description": "x"}
    by_url = shop.package("2.0", usesUrl=True, url="https://firmware.test/2")
    assert shop.upload(by_url).json()["message"] == "Updating otaPackage URL is prohibited!"


def test_a_wrong_checksum_and_a_taken_version_are_refused(shop: Shop) -> None:
    """Nothing is stored of either."""
    package = shop.package()
    assert shop.upload(package, checksum="00").json()["message"] == "Wrong otaPackage file!"
    taken = shop.client.ask("POST", "/api/otaPackage", {**package, "id": None})
    assert taken.json()["message"] == "OtaPackage with such title and version already exists!"


def test_a_profile_rolls_its_package_out_to_devices_without_their_own(shop: Shop) -> None:
    """The device's own wins; without any the attributes are gone."""
    first, second = shop.ready("1.0"), shop.ready("2.0", b"abcd")
    shop.assign(first)
    assert shop.shared()["fw_version"] == "1.0"
    own = {**shop.client.get(f"/api/device/{shop.meter['id']['id']}"), "firmwareId": second["id"]}
    saved = shop.client.post("/api/device", own)
    assert (shop.shared()["fw_version"], shop.shared()["fw_size"]) == ("2.0", 4)
    shop.assign(None)
    assert shop.shared()["fw_version"] == "2.0"
    shop.client.post("/api/device", {**saved, "firmwareId": None})
    assert shop.shared() == {}


def test_a_new_device_gets_what_its_profile_names(shop: Shop) -> None:
    """At once."""
    shop.assign(shop.ready())
    other = shop.client.device("PM-2", deviceProfileId=shop.profile["id"])
    assert shop.client.attributes(other, "SHARED")["fw_title"] == "fw"


@pytest.mark.parametrize(
    ("version", "told"), [("4.0.1", {}), ("4.3.1.3", {"fw_url": "https://firmware.test/2"})]
)
def test_a_url_without_a_checksum_reaches_no_device_of_older_servers(
    version: str, told: dict[str, str]
) -> None:
    """They say nothing of it."""
    with Sandbox(emulate=version) as sandbox, Client(sandbox) as client:
        shop = Shop(sandbox, client)
        shop.assign(shop.package("2.0", usesUrl=True, url="https://firmware.test/2"))
        assert shop.shared().items() >= told.items()
        assert bool(shop.shared()) is bool(told)


def test_a_device_downloads_its_package_whole_or_by_chunks(shop: Shop) -> None:
    """Beyond the end there is nothing, which is no fault."""
    shop.assign(shop.ready(data=b"0123456789"))
    address = f"{shop.sandbox.url}/api/v1/{shop.client.token_of(shop.meter)}/firmware"

    def get(**query: Any) -> requests.Response:
        return requests.get(address, params={"title": "fw", "version": "1.0", **query}, timeout=60)

    assert get().content == b"0123456789"
    assert get().headers["x-filename"] == "f.bin"
    assert [get(size=4, chunk=index).content for index in range(4)] == [b"0123", b"4567", b"89", b""]
    assert get(version="9").status_code == 400
    assert requests.get(address, timeout=60).status_code == 400
    software = address.replace("/firmware", "/software")
    assert requests.get(software, params={"title": "fw", "version": "1.0"}, timeout=60).status_code == 404


def test_packages_of_others_and_of_the_wrong_kind_are_not_assigned(shop: Shop) -> None:
    """The refusal says which rule was broken."""
    software, empty = shop.ready(kind="SOFTWARE"), shop.package("2.0")
    for named, message in (
        (software["id"], "Can't assign firmware with type: SOFTWARE"),
        (empty["id"], "Can't assign firmware with empty data!"),
    ):
        body = shop.profile_body(id=shop.profile["id"], firmwareId=named)
        assert shop.client.ask("POST", "/api/deviceProfile", body).json()["message"] == message
    body = {"name": "other", "firmwareId": shop.ready("3.0")["id"]}
    refused = shop.client.ask("POST", "/api/deviceProfile", shop.profile_body(**body))
    assert refused.json()["message"] == "Can't assign firmware with different deviceProfile!"


def test_a_used_package_stays_and_goes_with_its_profile(shop: Shop) -> None:
    """A profile's deletion takes its packages along without asking."""
    package = shop.ready()
    shop.assign(package)
    refused = shop.client.ask("DELETE", f"/api/otaPackage/{package['id']['id']}")
    assert refused.json()["message"] == "The otaPackage referenced by the device profile cannot be deleted!"
    shop.client.ask("DELETE", f"/api/device/{shop.meter['id']['id']}")
    assert shop.client.ask("DELETE", f"/api/deviceProfile/{shop.profile['id']['id']}").status_code == 200
    assert shop.client.get("/api/otaPackages", pageSize=10, page=0)["data"] == []


def test_the_sum_of_packages_has_a_limit(shop: Shop) -> None:
    """Once the tenant has one."""
    shop.sandbox.limit_entities(OTA_PACKAGE_bytes=5)
    shop.ready("1.0", b"abcd")
    refused = shop.upload(shop.package("2.0"), b"abcd")
    assert (refused.status_code, "total size exceeds" in refused.json()["message"]) == (400, True)
