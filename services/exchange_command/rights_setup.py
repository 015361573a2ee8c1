"""Makes the broker's rights what the contract says: those that are missing are given, all others taken."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from exchange_command import directory_seed
from exchange_command.places import Places
from exchange_command.problem import Problem
from referral_exchange.contract_docs import rights
from referral_exchange.contract_docs.rights import Right
from referral_exchange.directory import mailboxes
from referral_exchange.topics import committed_topics

_SECONDS = 30.0
_LOOK_AGAIN_S = 0.02
_ENROLLED = "enrolled"


class RightsRefused(Problem):
    """The broker did not give or take a right; the message says which and why."""


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """One ACL, all of it in the broker's own words."""

    principal: str
    permission: str
    operation: str
    resource: str
    name: str
    pattern: str
    host: str = "*"

    def __str__(self) -> str:
        """As a person reads it."""
        every = "*" if self.pattern == "PREFIXED" else ""
        what = f"{self.operation} {self.resource} {self.name}{every}".lower()
        return f"{self.principal} {self.permission.lower()} {what}"


def wanted(places: Places, participants: Collection[str]) -> list[Right]:
    """Every right there has to be: of `participants`, of whom the directory lists beside them, and ours.

    Whoever the directory says is paused or expelled has only what that standing leaves. Reads the topic
    `directory`. Raises DirectoryUnpublished, KafkaException.
    """
    directory = directory_seed.as_listed(places)
    standings = {name: entry.standing for name, entry in directory.participants.items()}
    return of_standing([*participants, *mailboxes(directory)], standings)


def of_standing(participants: Iterable[str], standings: Mapping[str, str]) -> list[Right]:
    """The rights of `participants` by their standing, and of the exchange's services; unlisted: enrolled."""
    every = rights.of_network(list(dict.fromkeys(participants)), committed_topics())
    return [right for right in every if leaves(standings.get(right.principal, _ENROLLED), right)]


def leaves(standing: str, right: Right) -> bool:
    """Whether `standing` leaves its participant this right: who is paused reads on, but writes nothing."""
    if standing == "paused":
        return right.operation != "Write"
    return standing == _ENROLLED


def make_so(admin: AdminClient, described: Iterable[Right]) -> None:
    """Gives the rights that are missing and takes every other. Repeatable. Raises RightsRefused."""
    expected, there = {rule(right) for right in described}, held(admin)
    give(admin, expected - there)
    take(admin, there - expected)


def held(admin: AdminClient) -> set[Rule]:
    """Every right that the broker knows. Raises KafkaException."""
    any_text: Any = None
    everything = AclBindingFilter(
        ResourceType.ANY,
        any_text,
        ResourcePatternType.ANY,
        any_text,
        any_text,
        AclOperation.ANY,
        AclPermissionType.ANY,
    )
    return {
        _read(each) for each in admin.describe_acls(everything, request_timeout=_SECONDS).result(_SECONDS)
    }


def rule(right: Right) -> Rule:
    """The right as the broker holds it."""
    return Rule(
        principal=f"User:{right.principal}",
        permission="ALLOW",
        operation=right.operation.upper(),
        resource=right.resource.upper().replace("-", "_"),
        name=right.name,
        pattern="PREFIXED" if right.prefixed else "LITERAL",
    )


def give(admin: AdminClient, rules: Collection[Rule]) -> None:
    """Gives these rights; returns once the broker goes by them. Raises RightsRefused."""
    bindings = {_as(AclBinding, each): each for each in sorted(rules)}
    done = admin.create_acls(list(bindings), request_timeout=_SECONDS) if bindings else {}
    for binding, given in done.items():
        _expect(given, f"the broker refused a right ({bindings[binding]})")
    if rules:
        _await(lambda: set(rules) <= held(admin))


def take(admin: AdminClient, rules: Collection[Rule]) -> None:
    """Takes exactly these rights away; one that is not there is none the less gone. Raises RightsRefused.

    Returns once the broker goes by it.
    """
    filters = {_as(AclBindingFilter, each): each for each in sorted(rules)}
    done = admin.delete_acls(list(filters), request_timeout=_SECONDS) if filters else {}
    for binding, taken in done.items():
        _expect(taken, f"the broker did not take a right away ({filters[binding]})")
    if rules:
        _await(lambda: held(admin).isdisjoint(rules))


def _await(seen: Callable[[], bool]) -> None:
    """A broker says yes to a change a moment before it goes by it."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        with suppress(KafkaException, TimeoutError):
            if seen():
                return
        time.sleep(_LOOK_AGAIN_S)
    raise RightsRefused("the broker does not go by a right that was given or taken; run `exchange doctor`")


def _as(kind: Callable[..., Any], each: Rule) -> Any:
    return kind(
        ResourceType[each.resource],
        each.name,
        ResourcePatternType[each.pattern],
        each.principal,
        each.host,
        AclOperation[each.operation],
        AclPermissionType[each.permission],
    )


def _read(each: Any) -> Rule:
    return Rule(
        each.principal,
        each.permission_type.name,
        each.operation.name,
        each.restype.name,
        each.name,
        each.resource_pattern_type.name,
        each.host,
    )


def _expect(done: Any, failing: str) -> None:
    try:
        done.result(_SECONDS)
    except KafkaException as error:
        raise RightsRefused(f"{failing}: {error.args[0].name()}") from None
