"""Who may do what at the broker, from `topic.toml` and the few rights that no topic shows. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from referral_exchange.contract_docs.contract import EVERYONE, PARTICIPANT
from referral_exchange.topics import TopicKind

Resource = Literal["topic", "group", "transactional-id"]
Operation = Literal["Read", "Write", "Describe", "Delete"]

Topics = Mapping[str, TopicKind]

OPERATOR = "operator"
"""Who runs the exchange: reads, asks for replays, and holds no key of any programme."""

BOARD = "status_board"
"""The operator's console: reads what the router tells, sees how far each reader is, asks for replays."""

WITH_MAILBOXES = ("plan_office", "service_directory", "survivor_page")
"""Services of the exchange that events without a subject are addressed to: participants as well."""


@dataclass(frozen=True, slots=True)
class Right:
    """One allowing ACL. `prefixed`: it stands for every name that begins so. Reading includes describing."""

    principal: str
    operation: Operation
    resource: Resource
    name: str
    prefixed: bool
    why: str

    @property
    def command(self) -> str:
        """What `kafka-acls.sh` is told; its `--bootstrap-server` and `--command-config` apart."""
        pattern = " --resource-pattern-type prefixed" if self.prefixed else ""
        who = f"--allow-principal User:{self.principal} --operation {self.operation}"
        return f"--add {who} --{self.resource} '{self.name}'{pattern}"


def of_participant(participant: str, topics: Topics) -> list[Right]:
    """The rights of one participant: write its outbox, read its inbox, read what all read, use its group."""
    return [
        *_of(participant, PARTICIPANT, topics),
        Right(participant, "Read", "group", f"{participant}.", True, "its groups, of which `.edge` is one"),
    ]


def services(topics: Topics) -> list[str]:
    """Every principal of the exchange itself, in the order of their names."""
    named = {who for topic in topics.values() for who in (topic.written_by, *topic.read_by)}
    return sorted({*named, *WITH_MAILBOXES} - {PARTICIPANT, EVERYONE})


def of_service(service: str, topics: Topics) -> list[Right]:
    """The rights of one service of the exchange, or of the operator."""
    own = [*_of(service, service, topics), *_groups(service), *_extras(service, topics)]
    as_participant = of_participant(service, topics) if service in WITH_MAILBOXES else []
    return list(dict.fromkeys([*as_participant, *own]))


def of_network(participants: Sequence[str], topics: Topics) -> list[Right]:
    """Every right there has to be where these participants take part."""
    theirs = [right for participant in participants for right in of_participant(participant, topics)]
    ours = [right for service in services(topics) for right in of_service(service, topics)]
    return list(dict.fromkeys([*theirs, *ours]))


def _of(principal: str, named: str, topics: Topics) -> Iterator[Right]:
    """What `topic.toml` gives whoever it calls `named`."""
    own = principal if named == PARTICIPANT else ""
    for topic in topics.values():
        name, prefixed = _name(topic, own)
        if topic.written_by == named:
            yield Right(principal, "Write", "topic", name, prefixed, f"writes {topic.kind}")
        if {named, EVERYONE} & set(topic.read_by):
            yield Right(principal, "Read", "topic", name, prefixed, f"reads {topic.kind}")


def _name(topic: TopicKind, participant: str = "") -> tuple[str, bool]:
    """The topic's name, or what all of its kind begin with where no participant is meant."""
    if not topic.per_participant or participant:
        return topic.for_participant(participant), False
    return topic.name.partition(PARTICIPANT)[0], True


def _groups(service: str) -> Iterator[Right]:
    # Two rights and no bare prefix: a participant may be called as a service, and then some letters.
    if service not in WITH_MAILBOXES:
        yield Right(service, "Read", "group", service, False, "its consumer group")
        yield Right(service, "Read", "group", f"{service}.", True, "what it reads beside that")


def _extras(service: str, topics: Topics) -> Iterator[Right]:
    if service == "referral_router":
        yield from _router(service, topics)
    elif service == "consent_ledger":
        why = "restored from a backup, it takes every end that it told"
        yield Right(service, "Read", "topic", topics["consents"].name, False, why)
    elif service == BOARD:
        yield from _board(service, topics)
    elif service == OPERATOR:
        yield from _operator(service, topics)


def _router(router: str, topics: Topics) -> Iterator[Right]:
    for operation in ("Write", "Describe"):
        yield Right(router, operation, "transactional-id", "router-", True, "one transaction a turn")
    for kind in ("outbox", "inbox", "referral-progress", "quarantine", "operations"):
        name, prefixed = _name(topics[kind])
        yield Right(router, "Delete", "topic", name, prefixed, f"its janitor sweeps {kind}")
    yield Right(router, "Read", "topic", topics["quarantine"].name, False, "keeps what a pointer names")
    why = "reads again what an operator asks for"
    yield Right(router, "Read", "topic", *_name(topics["inbox"]), why)
    why = "asks the owners of its other partitions for their share"
    yield Right(router, "Write", "topic", topics["operations"].name, False, why)
    yield Right(router, "Describe", "group", "*", False, "how far each edge has read, before it sweeps")


def _board(board: str, topics: Topics) -> Iterator[Right]:
    why = "its console asks the router to read again what was set aside"
    yield Right(board, "Write", "topic", topics["operations"].name, False, why)
    for kind in ("inbox", "outbox", "consents"):
        name, prefixed = _name(topics[kind])
        why = f"where {kind} ends, for its console; it reads none of it"
        yield Right(board, "Describe", "topic", name, prefixed, why)
    yield Right(board, "Describe", "group", "*", False, "how far each reader has read, for its console")


def _operator(operator: str, topics: Topics) -> Iterator[Right]:
    for topic in topics.values():
        if operator not in topic.read_by and EVERYONE not in topic.read_by and topic.events:
            name, prefixed = _name(topic)
            why = "`exchange tail` and `journey`: routing fields, sealed parts as sizes"
            yield Right(operator, "Read", "topic", name, prefixed, why)
    why = "`exchange quarantine drop` closes a pointer"
    yield Right(operator, "Write", "topic", topics["quarantine"].name, False, why)
    yield Right(operator, "Describe", "group", "*", False, "`exchange lag`, and whether the router has read")
