"""Which rights a standing leaves, and that the broker's are made to be the contract's."""

from concurrent.futures import Future
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from exchange_command import rights_setup
from exchange_command.rights_setup import Rule, of_standing, rule

WHO = "harbor-house"


class Broker:
    """Holds ACLs as the broker does."""

    def __init__(self, *rules: Rule) -> None:
        self.there = {rights_setup._as(rights_setup.AclBinding, each) for each in rules}
        self.failing: KafkaError | None = None
        self.asked = 0
        self.before: list[set[Any]] = []
        """What it still shows, one a time, after it has said yes to a change."""

    def describe_acls(self, *_: object, **__: object) -> "Future[list[Any]]":
        return self.done(list(self.before.pop(0) if self.before else self.there))

    def create_acls(self, bindings: list[Any], **_: object) -> dict[Any, "Future[None]"]:
        self.asked += 1
        self.there |= set(bindings)
        return {each: self.done(None) for each in bindings}

    def delete_acls(self, filters: list[Any], **_: object) -> dict[Any, "Future[None]"]:
        self.asked += 1
        gone = {str(vars(each)) for each in filters}
        self.there = {each for each in self.there if str(vars(each)) not in gone}
        return {each: self.done(None) for each in filters}

    def done(self, value: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        if self.failing:
            future.set_exception(KafkaException(self.failing))
        else:
            future.set_result(value)
        return future


def words(standing: str) -> list[str]:
    return [str(rule(r)) for r in of_standing([WHO], {WHO: standing}) if r.principal == WHO]


def test_who_is_enrolled_has_its_four_rights() -> None:
    assert sorted(words("enrolled")) == [
        "User:harbor-house allow read group harbor-house.*",
        "User:harbor-house allow read topic directory",
        "User:harbor-house allow read topic inbox.harbor-house",
        "User:harbor-house allow write topic outbox.harbor-house",
    ]
    assert sorted(str(rule(r)) for r in of_standing([WHO, WHO], {}) if r.principal == WHO) == sorted(
        words("enrolled")
    )


def test_who_is_paused_reads_on_and_writes_nothing() -> None:
    assert sorted(words("paused")) == [w for w in sorted(words("enrolled")) if "write" not in w]


@pytest.mark.parametrize("standing", ["expelled", "unspecified", "something new"])
def test_who_is_expelled_or_of_no_known_standing_has_none(standing: str) -> None:
    assert words(standing) == []


def test_what_is_missing_is_given_and_what_is_too_much_is_taken() -> None:
    wanted = of_standing([WHO], {})
    kept, *missing = [rule(right) for right in wanted]
    extra = Rule("User:stranger", "ALLOW", "ALL", "TOPIC", "*", "LITERAL")
    denied = Rule("User:harbor-house", "DENY", "READ", "TOPIC", "directory", "LITERAL")
    broker: Any = Broker(kept, extra, denied)
    rights_setup.make_so(broker, wanted)
    assert rights_setup.held(broker) == {kept, *missing}
    asked = broker.asked
    rights_setup.make_so(broker, wanted)
    assert broker.asked == asked == 2


def test_a_broker_that_refuses_is_said_with_the_right() -> None:
    broker: Any = Broker()
    broker.failing = KafkaError(KafkaError.CLUSTER_AUTHORIZATION_FAILED)
    right = min(rule(right) for right in of_standing([WHO], {}) if right.principal == WHO)
    with pytest.raises(rights_setup.RightsRefused, match=r"refused a right \(User:harbor-house allow read"):
        rights_setup.give(broker, [right])
    with pytest.raises(rights_setup.RightsRefused, match="did not take a right away"):
        rights_setup.take(broker, [right])


def test_what_was_given_or_taken_holds_when_the_call_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rights_setup, "_LOOK_AGAIN_S", 0.0)
    right = min(rule(right) for right in of_standing([WHO], {}) if right.principal == WHO)
    broker: Any = Broker()
    for change in (rights_setup.give, rights_setup.take):
        broker.before = [set(broker.there)] * 3
        change(broker, [right])
        assert broker.before == []


def test_a_right_that_never_comes_to_hold_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rights_setup, "_SECONDS", 0.05)
    broker: Any = Broker()
    broker.before = [set()] * 1000
    right = min(rule(right) for right in of_standing([WHO], {}) if right.principal == WHO)
    with pytest.raises(rights_setup.RightsRefused, match="does not go by"):
        rights_setup.give(broker, [right])
