"""Which source the command line means, and what is said about one that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from papaya_gui.models.batch import Inbox
from papaya_gui.models.catalog import Catalog
from papaya_gui.models.texts import Texts
from papaya_gui.sources.make import make_supply
from papaya_gui.sources.supply import Supply

from papaya.api.session import Credentials
from papaya.errors import PapayaError
from papaya.manifest.model import Sensor
from papaya.settings import Settings
from tests.unit.gui.ear import fleet_of, meter

FLEET = fleet_of(meter("PM-1", "t"))
SETTINGS = Settings("http://127.0.0.1:9", Credentials(username="me@example.com", password="x"))


def made(source: str, settings: Settings | None = None) -> Supply:
    """Return a source that has not been started."""
    return make_supply(source, FLEET, settings, environment={})(
        Catalog(FLEET), Inbox(Texts()), lambda condition: None
    )


def test_sources_by_name(tmp_path: Path) -> None:
    file = tmp_path / "meters.csv"
    file.touch()
    assert made("simulated").name == "simulated"
    assert (made("thingsboard", SETTINGS).name, made("thingsboard", SETTINGS).where) == (
        "thingsboard",
        "http://127.0.0.1:9",
    )
    assert made("mqtt").where == "mqtt://127.0.0.1:1883/papaya/{device}/{key}"
    assert made("mqtts://me@host/{device}/#").where == "mqtts://host:8883/{device}/#"
    assert (made(f"file:{file}").name, made(f"file:{file}").where) == ("file", str(file))
    assert (made(f"sqlite:{file}").name, made(f"sqlite:{file}?table=x").where) == ("sqlite", str(file))


@pytest.mark.parametrize(
    ("source", "words", "remedy"),
    [
        ("thingsboard", "no credentials for a server", "papaya login"),
        ("banana", "no sensor of the manifest has a source for banana", "Write simulated, thingsboard"),
        ("sensors", "no sensor of the manifest has a source", "sqlite:PATH"),
        ("sqlite", "no sensor of the manifest has a source for sqlite", "sqlite:PATH"),
        ("sqlite:", "no sensor of the manifest has a source for sqlite:", "sqlite:PATH"),
        ("file:/nowhere/meters.csv", "there is no file /nowhere/meters.csv", "Is the path right?"),
        ("mqtt://me:secret@host", "holds a password", "PAPAYA_MQTT_PASSWORD"),
    ],
)
def test_sources_that_cannot_be(source: str, words: str, remedy: str) -> None:
    with pytest.raises(PapayaError) as told:
        made(source)
    assert words in told.value.message
    assert remedy in told.value.remedy


def test_a_password_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PapayaError, match="no such file"):
        make_supply("mqtt", FLEET, environment={"PAPAYA_MQTT_PASSWORD_FILE": str(tmp_path / "none")})


def test_a_certificate_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PapayaError, match="cannot be used"):
        make_supply("mqtts://host", FLEET, ca_file=tmp_path / "none", environment={})


def test_too_many_sources_are_refused_before_anything_starts() -> None:
    sensor = Sensor("t", source={"type": "simulated"})
    fleet = fleet_of(*(meter(f"PM-{number}", sensor) for number in range(501)))
    with pytest.raises(PapayaError, match="501 sources, more than 500"):
        make_supply("sensors", fleet)
