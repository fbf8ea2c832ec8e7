"""A fleet as a person makes it in ThingsBoard's own interface: nothing of it is papaya's."""

from __future__ import annotations

from typing import Any, Protocol

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJ"
    "RU5ErkJggg=="
)
_INPUT = "org.thingsboard.rule.engine.flow.TbRuleChainInputNode"
_SWITCH = "org.thingsboard.rule.engine.filter.TbMsgTypeSwitchNode"


class Hand(Protocol):
    """What makes requests as a tenant's administrator."""

    def post(self, path: str, body: Any = None) -> Any:
        """Send a POST and return the answer."""

    def get(self, path: str, **parameters: Any) -> Any:
        """Send a GET and return the answer."""


def made_by_hand(hand: Hand) -> None:
    """Make a fleet with an object of every kind, and with references between them."""
    city = hand.post("/api/customer", {"title": "City of Panaji", "city": "Panaji", "phone": "+91 832"})
    desk = {"email": "desk@panaji.example", "authority": "CUSTOMER_USER", "customerId": city["id"]}
    hand.post("/api/user?sendActivationMail=false", {**desk, "firstName": "Front", "lastName": "Desk"})
    hand.post(
        "/api/customer", {"title": "Café & Söhne", "additionalInfo": {"description": "two lines\nof it"}}
    )
    profile = hand.post("/api/deviceProfile", _device_profile("Hand meter"))
    india, goa = (
        hand.post("/api/asset", {"name": name, "type": type_, "label": f"label of {name}"})
        for name, type_ in (("INDIA", "Country"), ("Goa", "State"))
    )
    _contains(hand, india, goa)
    meters = [
        hand.post(
            "/api/device",
            {
                "name": f"PM-{number}",
                "label": f"bay {number}",
                "type": "Hand meter",
                "deviceProfileId": profile["id"],
                "customerId": city["id"] if number == 1 else None,
            },
        )
        for number in (1, 2)
    ]
    for meter in meters:
        _contains(hand, goa, meter)
        path = f"/api/plugins/telemetry/DEVICE/{meter['id']['id']}/attributes"
        hand.post(f"{path}/SERVER_SCOPE", {"latitude": 15.5, "longitude": 73.8, "bays": 2, "note": "2"})
        hand.post(f"{path}/SHARED_SCOPE", {"reportEverySeconds": 30, "modes": {"night": [1, 2]}})
    _chains(hand)
    _dashboards(hand, city, goa, meters)
    chains = hand.get("/api/ruleChains", pageSize=100, page=0)["data"]
    pages = hand.get("/api/tenant/dashboards", pageSize=100, page=0)["data"]
    chain = next(one["id"] for one in chains if one["name"] == "Meters")
    page = next(one["id"] for one in pages if one["title"] == "Details")
    ota = {
        kind: hand.post(
            "/api/otaPackage",
            {
                "deviceProfileId": profile["id"],
                "type": kind,
                "title": f"{kind.title()} of meters",
                "version": "1.0",
                "usesUrl": True,
                "url": "http://127.0.0.1/meter.bin",
                "checksumAlgorithm": "SHA256",
                "checksum": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                "dataSize": 3,
            },
        )
        for kind in ("FIRMWARE", "SOFTWARE")
    }
    hand.post("/api/calculatedField", _calculated_field(profile["id"], meters[1]["id"]))
    now = hand.get(f"/api/deviceProfile/{profile['id']['id']}")
    named = {"defaultRuleChainId": chain, "defaultDashboardId": page}
    packages = {"firmwareId": ota["FIRMWARE"]["id"], "softwareId": ota["SOFTWARE"]["id"]}
    hand.post("/api/deviceProfile", {**now, "description": "by hand", **named, **packages})


def _contains(hand: Hand, above: Any, below: Any) -> None:
    relation = {"from": above["id"], "to": below["id"], "type": "Contains", "typeGroup": "COMMON"}
    hand.post("/api/relation", relation)


def _device_profile(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": "DEFAULT",
        "transportType": "DEFAULT",
        "profileData": {
            "configuration": {"type": "DEFAULT"},
            "transportConfiguration": {"type": "DEFAULT"},
        },
    }


def _calculated_field(profile: Any, other: Any) -> dict[str, Any]:
    latest = {"refEntityKey": {"key": "temperature", "type": "TS_LATEST", "scope": None}, "defaultValue": "0"}
    return {
        "entityId": profile,
        "type": "SIMPLE",
        "name": "double",
        "configurationVersion": 1,
        "configuration": {
            "type": "SIMPLE",
            "expression": "t + o",
            "arguments": {"t": latest, "o": {**latest, "refEntityId": other}},
            "output": {"type": "TIME_SERIES", "name": "double", "scope": None, "decimalsByDefault": None},
        },
    }


def _chains(hand: Hand) -> None:
    """Three chains, each the last node of the one before; two names that differ only in a character."""
    below: Any = None
    for name in ("Alerts/1", "Alerts 1", "Meters"):
        chain = hand.post("/api/ruleChain", {"name": name, "type": "CORE", "debugMode": False})
        nodes: list[dict[str, Any]] = [{"type": _SWITCH, "name": "Switch", "configuration": {"version": 0}}]
        connections: list[dict[str, Any]] = []
        if below is not None:
            deeper = {"ruleChainId": below["id"]["id"], "forwardMsgToDefaultRuleChain": False}
            nodes.append({"type": _INPUT, "name": "Deeper", "configuration": deeper})
            connections.append({"fromIndex": 0, "toIndex": 1, "type": "Post telemetry"})
        metadata = {
            "ruleChainId": chain["id"],
            "firstNodeIndex": 0,
            "nodes": [
                {**node, "additionalInfo": {"layoutX": 100 * at, "layoutY": 50}}
                for at, node in enumerate(nodes)
            ],
            "connections": connections,
            "ruleChainConnections": None,
        }
        hand.post("/api/ruleChain/metadata", metadata)
        below = chain


def _dashboards(hand: Hand, city: Any, goa: Any, meters: list[Any]) -> None:
    details = hand.post(
        "/api/dashboard", {"title": "Details", "image": PIXEL, "configuration": _page({}, {})}
    )
    ids = [meter["id"]["id"] for meter in meters]
    aliases = {
        "one": {"type": "singleEntity", "singleEntity": meters[0]["id"]},
        "several": {"type": "entityList", "entityType": "DEVICE", "entityList": ids},
        "below": {
            "type": "relationsQuery",
            "rootStateEntity": False,
            "rootEntity": goa["id"],
            "direction": "FROM",
            "maxLevel": 3,
            "filters": [{"relationType": "Contains", "entityTypes": ["DEVICE"]}],
        },
        "profile": {"type": "deviceType", "deviceTypes": ["Hand meter"], "deviceNameFilter": "PM"},
        "chosen": {
            "type": "stateEntity",
            "stateEntityParamName": None,
            "defaultStateEntity": meters[1]["id"],
        },
    }
    action = {
        "id": "a1",
        "name": "open",
        "icon": "more_horiz",
        "type": "openDashboard",
        "targetDashboardId": details["id"]["id"],
        "targetDashboardStateId": "default",
    }
    widget = {
        "typeFullFqn": "system.cards.entities_table",
        "type": "latest",
        "sizeX": 8,
        "sizeY": 6,
        "row": 0,
        "col": 0,
        "id": "w1",
        "config": {
            "title": "Meters",
            "datasources": [{"type": "entity", "entityAliasId": "one", "filterId": "hot", "dataKeys": []}],
            "settings": {"image": PIXEL},
            "actions": {"rowClick": [action]},
        },
    }
    overview = hand.post(
        "/api/dashboard",
        {"title": "Overview", "mobileHide": True, "configuration": _page(aliases, {"w1": widget})},
    )
    at = overview["id"]["id"]
    hand.post(f"/api/customer/{city['id']['id']}/dashboard/{at}")
    hand.post(f"/api/customer/public/dashboard/{details['id']['id']}")


def _page(aliases: dict[str, Any], widgets: dict[str, Any]) -> dict[str, Any]:
    layout = {
        "main": {
            "widgets": {id_: {"sizeX": 8, "sizeY": 6, "row": 0, "col": 0} for id_ in widgets},
            "gridSettings": {"columns": 24, "margin": 10},
        }
    }
    predicate = {
        "keyPredicates": [
            {"predicate": {"type": "NUMERIC", "operation": "GREATER", "value": {"defaultValue": 60}}}
        ]
    }
    return {
        "description": "made by hand",
        "widgets": widgets,
        "entityAliases": {
            id_: {"id": id_, "alias": id_, "filter": {**filter_, "resolveMultiple": True}}
            for id_, filter_ in aliases.items()
        },
        "filters": {
            "hot": {
                "id": "hot",
                "filter": "Hot",
                "editable": True,
                "keyFilters": [
                    {
                        "key": {"type": "TIME_SERIES", "key": "temperature"},
                        "valueType": "NUMERIC",
                        "predicates": [{"keyFilterPredicate": predicate["keyPredicates"][0]["predicate"]}],
                    }
                ],
            }
        },
        "states": {
            "default": {"name": "All", "root": True, "layouts": layout},
            "details": {
                "name": "One",
                "root": False,
                "layouts": {"main": {"widgets": {}, "gridSettings": {}}},
            },
        },
        "timewindow": {"realtime": {"timewindowMs": 60000}},
        "settings": {"stateControllerId": "entity", "showTitle": False},
    }
