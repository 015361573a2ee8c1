"""Whether what runs is what the contract and the network file describe."""

from collections.abc import Iterator

from confluent_kafka import KafkaException

from exchange_command import directory_seed, probes, topic_setup
from exchange_command.authority import ADMINISTRATOR, OPERATOR
from exchange_command.broker import NAME as BROKER
from exchange_command.directory_seed import DirectoryUnpublished
from exchange_command.finding import Finding
from exchange_command.network import Network
from exchange_command.places import Places
from exchange_command.platform import ProcessStatus
from referral_exchange import catalog, codec, registry
from referral_exchange.registry import RegistryRefused
from referral_exchange.signing import KeyUnusable

TICK_SECONDS = 60
"""A clock that has not ticked for so long may be missing deadlines."""

_UP = "run `exchange up`"


def processes(statuses: list[ProcessStatus], places: Places) -> Iterator[Finding]:
    """A finding for each process."""
    for status in statuses:
        if status.ready:
            yield Finding(status.name, "ready")
        elif status.running:
            remedy = f"if it stays so, read {places.log(status.name)}, then `exchange down` and `exchange up`"
            yield Finding(status.name, "runs but is not ready", remedy)
        else:
            yield Finding(status.name, "does not run", _UP)


def topics(places: Places, network: Network) -> Iterator[Finding]:
    """A finding for each topic that is not as described, or one for all."""
    wanted = topic_setup.wanted([participant.id for participant in network.with_mailboxes])
    if not probes.broker_serves(places.kafka(ADMINISTRATOR)):
        yield Finding("topics", "not seen: the broker is away", _UP)
        return
    try:
        wrong = list(_wrong_topics(places, wanted))
    except KafkaException as error:
        wrong = [Finding("topics", f"the broker did not say ({error.args[0].name()})", _UP)]
    yield from wrong or [Finding("topics", f"{len(wanted)} topics as described")]


def compatibility(places: Places) -> Finding:
    """Whether the registry would refuse a schema that some reader cannot read."""
    if not _registry_answers(places):
        return Finding("compatibility", "not seen: the registry is away", _UP)
    with registry.connected(places.registry_url, places.tls(ADMINISTRATOR)) as client:
        level = client.get_compatibility()
    remedy = "" if level == registry.COMPATIBILITY else f"{_UP}; it sets {registry.COMPATIBILITY} again"
    return Finding("compatibility", f"the registry keeps schemas {level}", remedy)


def schemas(places: Places) -> Finding:
    """Whether every committed schema is registered, letter by letter."""
    committed = catalog.committed()
    if not _registry_answers(places):
        return Finding("schemas", "not seen: the registry is away", _UP)
    try:
        registry.look_up_all(places.registry_url, committed, places.tls(ADMINISTRATOR))
    except RegistryRefused as refused:
        return Finding("schemas", str(refused), f"{_UP}; it registers what is missing")
    return Finding("schemas", f"{len(committed)} schemas registered as committed")


def listings(places: Places, network: Network) -> Finding:
    """Whether the directory lists the network with the keys that are in the key folder."""
    committed = catalog.committed()
    if not (_registry_answers(places) and probes.broker_serves(places.kafka(ADMINISTRATOR))):
        return Finding("directory", "not seen: the broker or the registry is away", _UP)
    try:
        known = codec.Codec(
            committed, registry.look_up_all(places.registry_url, committed, places.tls(ADMINISTRATOR))
        )
        new = directory_seed.unlisted(places, network, known)
    except (KafkaException, KeyUnusable, RegistryRefused, DirectoryUnpublished) as error:
        return Finding("directory", f"could not be read ({type(error).__name__})", _UP)
    if new:
        return Finding("directory", f"{len(new)} listings are missing or differ", f"{_UP}; it lists them")
    return Finding("directory", f"{len(network.programmes)} programmes listed with their keys")


def clock(places: Places) -> Finding:
    """Whether the router looks at its clocks, even when nothing happens."""
    health = probes.get_json(f"{places.address('referral_router')}/health/ready", places.tls(OPERATOR))
    age = None if health is None else health.get("last_tick_age_s")
    if not isinstance(age, int | float):
        return Finding("clock", "the router does not say when it last looked at its clocks", _UP)
    if age > TICK_SECONDS:
        remedy = (
            f"deadlines may be missed: read {places.log('referral_router')}, then `exchange down` and `up`"
        )
        return Finding("clock", f"the router's last tick is {age:.0f} s old", remedy)
    return Finding("clock", f"the router's last tick is {age:.0f} s old")


def _registry_answers(places: Places) -> bool:
    return probes.answers_ok(f"{places.registry_url}/subjects", places.tls(ADMINISTRATOR))


def _wrong_topics(places: Places, wanted: topic_setup.Topics) -> Iterator[Finding]:
    admin = probes.admin(places.kafka(ADMINISTRATOR))
    absent = topic_setup.missing(admin, wanted)
    present = {name: kind for name, kind in wanted.items() if name not in absent}
    for name in absent:
        yield Finding("topics", f"{name} is missing", f"{_UP}; it makes the topic")
    for name, count in topic_setup.wrong_partitions(admin, wanted).items():
        yield Finding(
            "topics", f"{name} has {count} partitions, not {wanted[name].partitions}", _repartition(places)
        )
    for name, settings in topic_setup.wrong_settings(admin, present).items():
        described = ", ".join(f"{key}={value}" for key, value in settings.items())
        yield Finding("topics", f"{name} should have {described}", f"{_UP}; it sets them back")


def _repartition(places: Places) -> str:
    return (
        "a partition count is fixed for life, because the order of a referral's events hangs on it: bring "
        f"topic.toml back to what it was, or give up all that this platform holds: `exchange down`, remove "
        f"{places.data(BROKER).parent}, `exchange up`"
    )
