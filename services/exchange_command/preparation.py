"""What has to be done before, between and after the processes start; each step may be repeated."""

import time

from exchange_command import (
    artefacts,
    authority,
    broker,
    console_key,
    directory_seed,
    fetch,
    probes,
    quotas,
    rights_setup,
    schema_registry,
    service_settings,
    sign_in_seed,
    topic_setup,
)
from exchange_command.network import Network
from exchange_command.places import Places
from exchange_command.plan import Specs
from exchange_command.process_control import ProcessFailed
from exchange_command.progress import Reporter
from referral_exchange import catalog, registry, signing
from referral_exchange.settings import Tls

FIRST = (broker.NAME, schema_registry.NAME, schema_registry.FRONT)
"""What has to run before any service of ours starts."""

_FRONT_S = 30.0
_LOOK_AGAIN_S = 0.05


def before_start(places: Places, network: Network, chosen: Specs, reporter: Reporter) -> None:
    """Fetches what `chosen` runs on; writes keys, certificates and settings.

    Raises FetchFailed, AuthorityUnusable, NameTaken.
    """
    _fetch(places, chosen, reporter)
    for name in (*(programme.id for programme in network.programmes), directory_seed.PROGRAMME):
        signing.make_keys(places.keys, name)
    issuing = authority.authority_in(places.authority)
    authority.keep_all(issuing, places.certificates, authority.principals(network))
    for name, sections in service_settings.all_settings(places, network).items():
        service_settings.write(places.settings, name, sections)
    console_key.make(places)
    sign_in_seed.make_all(places, network, chosen, reporter)


def just_before(places: Places, name: str) -> None:
    """What one process needs on disk the first time it starts. Raises ProcessFailed."""
    if name == broker.NAME:
        broker.prepare(places)
    elif name == schema_registry.NAME:
        schema_registry.prepare(places)


def after_start(places: Places, network: Network, name: str, reporter: Reporter) -> None:
    """Topics and rights once the broker serves, schemas once the registry does."""
    if name == broker.NAME:
        admin = probes.admin(places.kafka(authority.ADMINISTRATOR))
        participants = [participant.id for participant in network.with_mailboxes]
        with reporter.step("topics"):
            topic_setup.make_so(admin, topic_setup.wanted(participants))
        with reporter.step("rights"):
            rights_setup.make_so(admin, rights_setup.wanted(places, participants))
            quotas.make_so(quotas.wire(places), quotas.wanted())
    elif name == schema_registry.NAME:
        with reporter.step("schemas"):
            tls = places.tls(authority.ADMINISTRATOR)
            _await_front(places, tls)
            registry.register_all(places.registry_url, catalog.committed(), tls)


def before_services(places: Places, network: Network, chosen: Specs, reporter: Reporter) -> None:
    """Lists the network's participants and programmes in the directory, where broker and registry run."""
    if all(name in chosen for name in FIRST):
        with reporter.step("directory"):
            directory_seed.publish(places, network)


def _await_front(places: Places, tls: Tls) -> None:
    """It starts beside the registry and is there long before; unless it failed, as its own step says."""
    deadline = time.monotonic() + _FRONT_S
    while not probes.answers_ok(f"{places.address('registry')}/health/ready", tls):
        if time.monotonic() > deadline:
            front = schema_registry.FRONT
            raise ProcessFailed(f"{front} does not let anybody to the registry; read {places.log(front)}")
        time.sleep(_LOOK_AGAIN_S)


def _fetch(places: Places, chosen: Specs, reporter: Reporter) -> None:
    # The two large files come last in starting order and take longest, so they are asked for first.
    pinned = [artefact for name in reversed(chosen) for artefact in artefacts.pinned(name)]
    absent = fetch.missing(pinned, places.jars)
    if absent:
        with reporter.step("fetch the platform"), reporter.files(len(absent)):
            fetch.fetch(absent, places.jars, fetch.from_maven(reporter.file))
