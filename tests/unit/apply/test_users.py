"""Users of customers, from plan to server and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from papaya.engine.drift import drift
from papaya.engine.guard import Consent
from papaya.manifest.model import Fleet, Json, Resource, Safety
from papaya.sandbox.edge import Fault
from tests.unit.apply.run import CONSENT, Operator
from tests.unit.engine.fleets import GENEROUS, fleet

CAREFUL = Consent()


def user(email: str, customer: str = "Metro", **more: Any) -> Resource:
    own = {key: more.pop(key) for key in ("formerly", "protect") if key in more}
    return Resource("user", "customers.users", email, {"customer": customer, **more}, **own)


def with_users(*resources: Resource, customers: tuple[str, ...] = ("Metro", "City")) -> Fleet:
    declared = tuple(Resource("customer", "customers", title) for title in customers)
    board = Resource("dashboard", "dashboards", "Overview", {"generate": "fleet", "customers": ["Metro"]})
    one = fleet()
    kinds = ("customer", "dashboard", "user")
    return replace(one, resources=(*declared, board, *resources), kinds=kinds, safety=GENEROUS)


def users(operator: Operator) -> dict[str, dict[str, Any]]:
    body = operator.session.get("/api/users", params={"pageSize": 100, "page": 0})
    assert isinstance(body, dict) and isinstance(body["data"], list)
    rows = [row for row in body["data"] if isinstance(row, dict)]
    own = [row for row in rows if row["authority"] == "CUSTOMER_USER"]
    # The sandbox begins with one.
    return {str(row["email"]): row for row in own if not str(row["email"]).endswith("thingsboard.org")}


def edit(operator: Operator, email: str, /, **fields: Json) -> None:
    operator.session.post("/api/user", {**users(operator)[email], **fields})


def told(plan: Any) -> list[tuple[str, str, list[str]]]:
    return [
        (one.action, str(one.address), [field.field for field in one.fields])
        for one in plan.resources
        if one.address.kind == "user"
    ]


def converge(operator: Operator, one: Fleet, consent: Consent = CONSENT) -> Any:
    plan = operator.apply(one, consent)
    after = operator.plan(one, consent)
    assert after.is_empty, [str(change.address) for change in after.resources]
    return plan


def test_a_user_is_created_with_its_dashboard_and_without_an_e_mail_of_the_server(operator: Operator) -> None:
    one = with_users(user("asha@x.example", firstName="Asha", dashboard="Overview", fullscreen=True))
    plan = converge(operator, one)
    fields = ["customer", "firstName", "dashboard", "fullscreen"]
    assert told(plan) == [("create", "user/asha@x.example", fields)]
    row = users(operator)["asha@x.example"]
    assert row["firstName"] == "Asha"
    info = row["additionalInfo"]
    assert info["defaultDashboardFullscreen"] is True
    boards = operator.session.get("/api/tenant/dashboards", params={"pageSize": 10, "page": 0})
    assert isinstance(boards, dict) and isinstance(boards["data"], list)
    assert info["defaultDashboardId"] in str(boards["data"])


def test_an_edit_by_hand_is_drift_and_repaired_and_what_is_not_declared_stays(operator: Operator) -> None:
    one = with_users(user("asha@x.example", firstName="Asha"))
    converge(operator, one)
    edit(operator, "asha@x.example", firstName="Ash", lastName="Rao")
    report = drift(operator.plan(one))
    difference = report.drifted[0].differences[0]
    assert (difference.field, difference.live, difference.mover) == ("firstName", "Ash", "server")
    assert told(converge(operator, one)) == [("update", "user/asha@x.example", ["firstName"])]
    row = users(operator)["asha@x.example"]
    assert (row["firstName"], row["lastName"]) == ("Asha", "Rao")


def test_what_the_server_adds_when_it_reads_a_user_is_never_stored(operator: Operator) -> None:
    converge(operator, with_users(user("asha@x.example")))
    converge(operator, with_users(user("asha@x.example", phone="1")))
    assert users(operator)["asha@x.example"]["additionalInfo"].keys() == {"papaya"}


def test_an_e_mail_address_is_changed_in_place_and_a_change_on_the_server_taken_back(
    operator: Operator,
) -> None:
    converge(operator, with_users(user("asha@x.example")))
    id_ = users(operator)["asha@x.example"]["id"]
    renamed = with_users(user("rao@x.example", formerly="asha@x.example"))
    assert told(converge(operator, renamed)) == [("update", "user/rao@x.example", ["name"])]
    edit(operator, "rao@x.example", email="hand@x.example")
    assert told(converge(operator, renamed)) == [("update", "user/rao@x.example", ["name"])]
    assert {email: row["id"] for email, row in users(operator).items()} == {"rao@x.example": id_}


def test_renaming_the_customer_leaves_its_users_alone(operator: Operator) -> None:
    converge(operator, with_users(user("asha@x.example", "City")))
    one = with_users(user("asha@x.example", "Town"), customers=("Metro",))
    town = Resource("customer", "customers", "Town", formerly="City")
    after = replace(one, resources=(town, *one.resources))
    assert told(converge(operator, after)) == []


def by_hand(operator: Operator, email: str, customer: str | None = "Metro", **more: Json) -> None:
    authority, owner = "TENANT_ADMIN", None
    if customer is not None:
        found = operator.session.get("/api/tenant/customers", params={"customerTitle": customer})
        assert isinstance(found, dict)
        authority, owner = "CUSTOMER_USER", found["id"]
    body: Json = {"email": email, "authority": authority, "customerId": owner, **more}
    operator.session.post("/api/user", body, params={"sendActivationMail": False})


def test_an_existing_user_is_adopted_by_its_e_mail_address_after_asking(operator: Operator) -> None:
    converge(operator, with_users())
    by_hand(operator, "asha@x.example", lastName="Rao")
    one = replace(with_users(user("asha@x.example", firstName="Asha")), safety=Safety(max_destroy=9))
    plan = operator.plan(one, CAREFUL)
    assert [question.guard for question in plan.questions] == ["adopt"]
    converge(operator, one)
    assert users(operator)["asha@x.example"]["lastName"] == "Rao"


@pytest.mark.parametrize(
    ("email", "customer", "reason"),
    [
        (
            "asha@x.example",
            "City",
            "it belongs to the customer City, and ThingsBoard cannot move a user to Metro",
        ),
        ("asha@x.example", None, "it is a tenant administrator, and papaya manages users of customers only"),
        ("Asha@x.example", "Metro", "the server has Asha@x.example, and would take this for another user"),
    ],
)
def test_who_cannot_become_this_user_is_refused_in_the_plan(
    operator: Operator, email: str, customer: str | None, reason: str
) -> None:
    converge(operator, with_users())
    by_hand(operator, email, customer)
    refused = operator.plan(with_users(user("asha@x.example")))
    assert [one.reason for one in refused.refusals] == [f"user/asha@x.example: {reason}"]


def test_moving_a_user_to_another_customer_is_refused_in_the_plan(operator: Operator) -> None:
    converge(operator, with_users(user("asha@x.example")))
    refused = operator.plan(with_users(user("asha@x.example", "City")))
    assert "cannot move a user to City" in refused.refusals[0].reason


def test_users_are_deleted_under_the_guards_and_never_an_administrator(operator: Operator) -> None:
    converge(operator, with_users(user("asha@x.example"), user("ravi@x.example")))
    fewer = replace(with_users(user("ravi@x.example")), safety=Safety())
    assert [one.guard for one in operator.plan(fewer, CAREFUL).refusals] == ["destroy"]
    converge(operator, fewer)
    assert list(users(operator)) == ["ravi@x.example"]

    me = operator.session.user()
    row = operator.session.get("/api/auth/user")
    assert isinstance(row, dict)
    body = operator.session.get("/api/relations", params={"fromId": me.tenant_id, "fromType": "TENANT"})
    mark = next(one for one in body if "USER" in str(one)) if isinstance(body, list) else {}
    operator.session.post("/api/relation", {**mark, "to": row["id"]}, repeatable=True)  # type: ignore[dict-item]
    reasons = [one.reason for one in operator.plan(fewer).refusals]
    assert reasons and all("signed in as this user" in reason for reason in reasons)


def test_no_list_of_users_leaves_them_alone(operator: Operator) -> None:
    converge(operator, with_users(user("asha@x.example")))
    without = replace(with_users(), kinds=("customer", "dashboard"))
    assert operator.plan(without).is_empty
    assert told(operator.plan(with_users())) == [("destroy", "user/asha@x.example", [])]


def test_a_customer_stays_while_a_user_of_it_is_protected(operator: Operator) -> None:
    converge(operator, with_users(user("asha@x.example", protect=True)))
    refused = operator.plan(with_users(user("asha@x.example", protect=True), customers=("City",)))
    assert any("its user asha@x.example is protected" in one.reason for one in refused.refusals)


@pytest.mark.parametrize("handled", [False, True], ids=["before it was carried out", "after"])
def test_a_lost_answer_makes_no_second_user(operator: Operator, handled: bool) -> None:
    lost: list[str] = []

    def lose_first(method: str, path: str) -> Fault | None:
        if method == "POST" and path.startswith("/api/user") and len(lost) < 1:
            lost.append(path)
            return Fault(drop=True, handled=handled)
        return None

    operator.sandbox.before_reply = lose_first
    converge(operator, with_users(user("asha@x.example")))
    assert lost
    lost.clear()
    converge(operator, with_users(user("asha@x.example", phone="1")))
    assert lost and list(users(operator)) == ["asha@x.example"]


def test_an_e_mail_address_of_another_tenant_is_told_as_such(operator: Operator) -> None:
    one = with_users(user("asha@x.example"))

    def taken(method: str, path: str) -> Fault | None:
        if method == "POST" and path.startswith("/api/user"):
            text = (
                b'{"status":400,"message":"User with email \'asha@x.example\' already present in database!",'
            )
            return Fault(status=400, body=text + b'"errorCode":31}')
        return None

    plan = operator.plan(one)
    operator.sandbox.before_reply = taken
    failed = operator.execute(plan).of("failed")
    assert ["another tenant has it" in outcome.remedy for outcome in failed] == [True]
