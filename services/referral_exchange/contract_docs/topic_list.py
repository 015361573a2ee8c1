"""The pages `TOPICS.md` and `ACLS.md`: every topic with what it carries, every right with its reason."""

from collections.abc import Iterable, Mapping

from referral_exchange.contract_docs import rights
from referral_exchange.contract_docs.contract import PARTICIPANT, Contract
from referral_exchange.contract_docs.markdown import code, codes, page, table
from referral_exchange.contract_docs.rights import Right
from referral_exchange.topics import TopicKind


def topics_page(contract: Contract) -> str:
    """`TOPICS.md`."""
    return page(
        "Topics", _ABOUT_TOPICS, _settings(contract.topics), "## What each carries", _carried(contract)
    )


def acls_page(contract: Contract) -> str:
    """`ACLS.md`."""
    topics = contract.topics
    sections = [f"## {code(PARTICIPANT)}", _rights(rights.of_participant(PARTICIPANT, topics))]
    for service in rights.services(topics):
        sections += [f"## {code(service)}", _rights(rights.of_service(service, topics))]
    return page("Rights at the broker", _ABOUT_RIGHTS, *sections, "## As commands", _commands(contract))


_ABOUT_TOPICS = """From the `topic.toml` files. The partition count is fixed for life, because the order of
a referral's events hangs on it. Every topic has `message.timestamp.type=LogAppendTime`, `retention.ms=-1`
and `compression.type=producer`: nothing is deleted by time alone, the router's janitor deletes what was
read and is old. `exchange up` makes them; `exchange doctor` fails on any other."""

_ABOUT_RIGHTS = """From the `topic.toml` files, and the few rights that no topic shows
(`contract_docs/rights.py`). A principal is the common name of a client's certificate. Whatever is not
listed is denied (`allow.everyone.if.no.acl.found=false`). `Write` and `Read` include `Describe`; *prefixed*
stands for every name that begins so. The operator reads mailboxes too, because the broker's disk is the
operator's anyway: what concerns a person is sealed in them. Services that events without a subject are
addressed to are participants too. Making topics and these rights is the administrator's, who is none of
these."""


def _settings(topics: Mapping[str, TopicKind]) -> str:
    head = ("topic", "key", "partition by", "partitions", "cleanup", "written by", "read by", "kept")
    return table(
        head,
        (
            (
                code(topic.name),
                topic.key,
                topic.partition_by.replace("_", " "),
                str(topic.partitions),
                topic.cleanup,
                code(topic.written_by),
                ", ".join(_reader(who) for who in topic.read_by),
                topic.kept,
            )
            for _, topic in sorted(topics.items())
        ),
    )


def _reader(who: str) -> str:
    return "everyone" if who == "*" else code(who)


def _carried(contract: Contract) -> str:
    rows = []
    for _, topic in sorted(contract.topics.items()):
        carried = [schema.key for schema in contract.on_topics() if schema.record in topic.events]
        rows.append((code(topic.name), codes(carried) or "no event of the contract"))
    return table(("topic", "may carry"), rows)


def _rights(listed: Iterable[Right]) -> str:
    rows = ((r.operation, r.resource, code(r.name), "prefixed" if r.prefixed else "", r.why) for r in listed)
    return table(("may", "what", "name", "", "why"), rows)


def _commands(contract: Contract) -> str:
    lines = [right.command for right in rights.of_network([PARTICIPANT], contract.topics)]
    said = (
        f"Each line is what `kafka-acls.sh` takes; put the participant's id in place of {code(PARTICIPANT)}."
    )
    return "\n".join([said, "", "```", *lines, "```"])
