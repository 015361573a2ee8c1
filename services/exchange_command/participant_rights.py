"""The rights of one participant at the broker, by how it stands."""

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from exchange_command import directory_seed, rights_setup
from exchange_command.places import Places
from exchange_command.problem import Problem
from referral_exchange.contract_docs import rights
from referral_exchange.topics import committed_topics


class NotListed(Problem):
    """The directory lists no such participant."""


class Expelled(Problem):
    """It was expelled, and this is for those who were not."""


def standing_of(places: Places, participant: str) -> str:
    """How the directory lists it now. Raises NotListed."""
    listed = directory_seed.as_listed(places)
    found = listed.participants.get(participant)
    if found is None or found.kind == "exchange_service":
        known = ", ".join(sorted(i for i, p in listed.participants.items() if p.kind != "exchange_service"))
        raise NotListed(f"{participant!r} is no participant; the directory lists {known}")
    return found.standing


def require_not_expelled(places: Places, participant: str) -> None:
    """Returns where the directory lists it as enrolled or paused. Raises NotListed, Expelled."""
    if standing_of(places, participant) == "expelled":
        raise Expelled(
            f"{participant} was expelled for good; enrol it again, with new keys for every programme"
        )


def make_so(admin: AdminClient, participant: str, standing: str) -> bool:
    """Gives it the rights that `standing` leaves and takes every other; whether anything changed.

    Open connections feel it at their next request. Raises NotListed, RightsRefused.
    """
    if participant in rights.services(committed_topics()):
        raise NotListed(f"{participant!r} is a service of the exchange, whose rights `exchange up` sets")
    wanted = rights.of_participant(participant, committed_topics())
    left = {rights_setup.rule(right) for right in wanted if rights_setup.leaves(standing, right)}
    there = _held(admin, participant)
    rights_setup.give(admin, left - there)
    rights_setup.take(admin, there - left)
    return left != there


def _held(admin: AdminClient, participant: str) -> set[rights_setup.Rule]:
    try:
        return {rule for rule in rights_setup.held(admin) if rule.principal == f"User:{participant}"}
    except (KafkaException, TimeoutError):
        raise rights_setup.RightsRefused(
            "the broker does not tell its rights; run `exchange doctor`"
        ) from None
