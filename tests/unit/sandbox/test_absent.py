"""The list of endpoints that the sandbox lacks."""

from __future__ import annotations

from pathlib import Path

from papaya.sandbox.dialect import DIALECTS
from papaya.sandbox.rest.absent import absent_routes
from papaya.sandbox.rest.endpoints import make_router, served_routes
from papaya.sandbox.rest.routing import Route

PAGE = Path(__file__).parents[3] / "docs" / "sandbox.md"


def test_the_page_names_each_family_that_is_missing() -> None:
    page = PAGE.read_text()
    families = {"/".join(route.template.split("/")[:3]) for route in absent_routes()}
    families = {"/.well-known" if one.startswith("/.well-known") else one for one in families}
    missing = page.partition("## What is missing")[2].partition("\n## ")[0]
    assert [one for one in sorted(families) if f"`{one}" not in missing] == []


def test_the_list_takes_nothing_from_what_is_served() -> None:
    for dialect in DIALECTS.values():
        router = make_router(dialect)
        for path in ("/api/device/info/x", "/api/tenant/devices", "/api/queues", "/api/edges/nothing/x"):
            match = router.find("GET", path)
            assert match is None or match.route.authorities is not None


def test_the_list_has_nothing_that_another_version_serves() -> None:
    """A version that lacks an endpoint of another one answers as ThingsBoard does, not as the list."""
    listed = {(route.method, *_parts(route)) for route in absent_routes()}
    served = {
        (route.method, *_parts(route)) for dialect in DIALECTS.values() for route in served_routes(dialect)
    }
    assert listed & served == set()


def _parts(route: Route) -> tuple[str, ...]:
    return tuple("{}" if part.startswith("{") else part for part in route.template.split("/"))
