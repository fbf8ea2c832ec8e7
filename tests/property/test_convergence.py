"""Whatever two manifests say: apply one, apply the other, and nothing is left to do or touched besides."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note

from papaya.manifest.model import Fleet
from papaya.sandbox import Sandbox
from tests.examples import examples
from tests.property.fleets import CUSTOMERS, SECRETS, outline, pairs
from tests.unit.apply.hand import Person
from tests.unit.apply.run import VERSIONS, Operator, differences

# The server itself writes these; reading them back is no change.
_SERVER_TIMES = ("createdTime", "version")


def foreign(person: Person) -> dict[str, tuple[str, str]]:
    """Make what belongs to nobody or to others, and return kind and id by name."""
    made = {
        "Elsewhere": ("asset", person.create("asset", "Elsewhere", "State", label="x")),
        "Asia": ("asset", person.create("asset", "Asia", "Country")),
        "theirs": ("device", person.create("device", "theirs", "IoT-Gateway", additionalInfo={"a": 1})),
        "nobody's": ("device", person.create("device", "nobody's")),
    }
    person.set("device", made["theirs"][1], papaya__fleet="others", a="1.50", b=[1, 2.5])
    person.set("device", made["nobody's"][1], "SHARED_SCOPE", every=5, papaya__sensors=[])
    person.relate(made["Elsewhere"][1], "device", made["theirs"][1])
    person.relate(made["Asia"][1], "asset", made["Elsewhere"][1])
    return made


def snapshot(person: Person, things: dict[str, tuple[str, str]]) -> dict[str, Any]:
    """Return all that can be read of these things."""
    return {
        name: (
            {key: value for key, value in person.by_name(kind, name).items()},
            person.session.get(f"/api/plugins/telemetry/{kind.upper()}/{id_}/values/attributes"),
            person.parents(kind, name),
            person.token(name) if kind == "device" else None,
        )
        for name, (kind, id_) in things.items()
    }


def scribble(person: Person, fleet: Fleet, made: dict[str, tuple[str, str]]) -> dict[str, str]:
    """Put foreign attributes, relations and fields on every second device; return ids by name."""
    marked: dict[str, str] = {}
    for device in list(fleet.devices())[::2]:
        saved = person.edit("device", device.name, externalId=None)
        info = saved.get("additionalInfo") or {}
        person.edit("device", device.name, additionalInfo={**info, "lastSeenBy": "Ada"})
        id_ = person.id("device", device.name)
        person.set("device", id_, foreign="1.5x")
        person.set("device", id_, "SHARED_SCOPE", foreign={"a": [1]})
        person.relate(made["Elsewhere"][1], "device", id_)
        person.relate(made["Elsewhere"][1], "device", id_, type_="Manages")
        marked[device.name] = id_
    return marked


def expect_scribbles(person: Person, fleet: Fleet, marked: dict[str, str]) -> None:
    """Fail if anything foreign on a device that stayed is gone; every device kept its id."""
    vacated = {device.formerly for device in fleet.devices()}
    for device in fleet.devices():
        before = marked.get(device.formerly or device.name)
        if before is None or (device.formerly is None and device.name in vacated):
            continue
        body = person.by_name("device", device.name)
        assert body["id"]["id"] == before
        assert body["additionalInfo"]["lastSeenBy"] == "Ada"
        assert person.attributes("device", before)["foreign"] == "1.5x"
        assert person.attributes("device", before, "SHARED_SCOPE")["foreign"] == {"a": [1]}
        assert "Elsewhere" in person.parents("device", device.name)


@pytest.mark.parametrize("version", VERSIONS)
# Shrinking takes minutes with a server in each example: the seed finds the same one again.
@examples(
    12,
    500,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(manifests=pairs())
def test_any_manifest_after_any_other_converges(version: str, manifests: tuple[Fleet, Fleet]) -> None:
    before, after = manifests
    note(outline(before))
    note(outline(after))
    with Sandbox(emulate=version) as sandbox:
        operator = Operator(sandbox, SECRETS)
        person = Person(operator.session)
        try:
            for title in CUSTOMERS:
                person.customer(title)
            made = foreign(person)
            untouched = snapshot(person, made)
            operator.converge(before)
            marked = scribble(person, before, made)
            assert differences(operator.plan(before)) == []

            operator.converge(after)

            assert snapshot(person, made) == untouched
            expect_scribbles(person, after, marked)
        finally:
            operator.session.close()
