"""Which subscriptions are sent when."""

from __future__ import annotations

from papaya.api.subscribed import ANSWER_SECONDS, MOST_UNANSWERED, Subscribed


def wanted(devices: int) -> dict[str, set[str]]:
    return {f"device {number}": {"temperature"} for number in range(devices)}


def test_few_subscriptions_are_without_an_answer_and_all_are_sent_in_the_end() -> None:
    subscribed = Subscribed()
    subscribed.want(wanted(10_000))
    sent = list(subscribed.next(0.0))
    assert len(sent) == MOST_UNANSWERED and list(subscribed.next(1.0)) == []
    devices = [device for _, portion in sent for device in portion.devices]
    while sent:
        number, portion = sent.pop(0)
        assert subscribed.answered(number) is portion
        more = list(subscribed.next(1.0))
        assert len(more) <= 1
        sent += more
        devices += [device for _, portion in more for device in portion.devices]
    assert sorted(devices) == sorted(wanted(10_000))


def test_a_page_that_does_not_come_holds_up_no_other() -> None:
    subscribed = Subscribed()
    subscribed.want(wanted(10_000))
    first = list(subscribed.next(0.0))
    assert list(subscribed.next(ANSWER_SECONDS)) == []
    second = list(subscribed.next(ANSWER_SECONDS + 1))
    assert len(second) == MOST_UNANSWERED and not {one for one, _ in first} & {one for one, _ in second}


def test_what_nobody_wants_any_more_is_ended_or_not_sent() -> None:
    subscribed = Subscribed()
    subscribed.want(wanted(10_000))
    sent = dict(subscribed.next(0.0))
    assert sorted(subscribed.end_unwanted({})) == sorted(sent)
    subscribed.want({})
    assert list(subscribed.next(1.0)) == [] and list(subscribed.portions()) == []
    assert subscribed.answered(next(iter(sent))) is None


def test_more_keys_of_a_device_are_another_subscription() -> None:
    subscribed = Subscribed()
    subscribed.want({"device": {"temperature"}})
    list(subscribed.next(0.0))
    subscribed.want({"device": {"temperature", "humidity"}})
    assert [portion.keys for _, portion in subscribed.next(0.0)] == [("humidity",)]
