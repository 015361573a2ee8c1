"""`exchange doctor` on topics, registry and directory that are not as described, and what mends them."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions
from router_kit import wait

from exchange_command import identity_checks, platform_checks, probes, rights_setup, topic_setup
from exchange_command.finding import Finding
from exchange_command.platform import Platform
from referral_exchange import registry


@pytest.fixture
def mended(platform: Platform) -> Iterator[Platform]:
    """The session's platform; where a test leaves it other than described, that is set again afterwards."""
    yield platform
    places, network = platform.places, platform.network
    others = platform_checks.compatibility(places), platform_checks.listings(places, network)
    if not all(finding.ok for finding in (*topics(platform), *rights(platform), *others)):
        platform.up(["kafka", "registry"])


def topics(platform: Platform) -> list[Finding]:
    return list(platform_checks.topics(platform.places, platform.network))


def told_of_topics(platform: Platform) -> Finding:
    """The one fault of a topic, once the broker shows what was done to it."""
    wait(lambda: not all(finding.ok for finding in topics(platform)), lambda: time.sleep(0.02))
    [finding] = topics(platform)
    return finding


def topics_are_well(platform: Platform) -> None:
    """Returns once the broker shows them as they are described."""
    wait(lambda: [finding.ok for finding in topics(platform)] == [True], lambda: time.sleep(0.02))


def delete(platform: Platform, topic: str) -> None:
    admin = probes.admin(platform.places.kafka("administrator"))
    for done in admin.delete_topics([topic]).values():
        done.result(10)


def set_config(platform: Platform, topic: str, key: str, value: str) -> None:
    entry = ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[entry])
    # Named: the client ends with the last reference to it, and with it what it was asked.
    admin = probes.admin(platform.places.kafka("administrator"))
    [done] = admin.incremental_alter_configs([resource]).values()
    done.result(10)


def test_a_fresh_platform_is_as_described(platform: Platform) -> None:
    assert [finding.ok for finding in topics(platform)] == [True]
    assert platform_checks.compatibility(platform.places).ok
    assert platform_checks.schemas(platform.places).ok
    assert platform_checks.listings(platform.places, platform.network).ok


def test_every_topic_takes_the_brokers_time_and_keeps_what_nobody_read(platform: Platform) -> None:
    settings = topic_setup.settings_of(topic_setup.wanted(["harbor-house"])["inbox.harbor-house"])
    assert settings["message.timestamp.type"] == "LogAppendTime"
    assert settings["retention.ms"] == "-1"


def rights(platform: Platform) -> list[Finding]:
    return list(identity_checks.rights(platform.places, platform.network))


def test_rights_that_were_added_or_taken_are_told_and_up_sets_them_back(mended: Platform) -> None:
    admin = probes.admin(mended.places.kafka("administrator"))
    mended.up(["kafka"])
    [well] = rights(mended)
    assert well.ok
    own = min(rule for rule in rights_setup.held(admin) if rule.principal == "User:harbor-house")
    added = replace(own, principal="User:stranger", operation="ALL", name="*", pattern="LITERAL")
    rights_setup.take(admin, [own])
    rights_setup.give(admin, [added])
    # Told one by one, as the broker comes to know of them.
    wait(lambda: len([f for f in rights(mended) if not f.ok]) == 2, lambda: time.sleep(0.02))
    assert [f.says for f in rights(mended)] == [f"missing: {own}", f"not described: {added}"]
    assert all("exchange up" in finding.remedy for finding in rights(mended))
    mended.up(["kafka"])
    wait(lambda: [finding.says for finding in rights(mended)] == [well.says], lambda: time.sleep(0.02))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("message.timestamp.type", "CreateTime"),
        ("retention.ms", "1000"),
        ("cleanup.policy", "delete"),
    ],
)
def test_a_changed_setting_is_told_and_up_sets_it_back(mended: Platform, key: str, value: str) -> None:
    set_config(mended, "consents", key, value)
    finding = told_of_topics(mended)
    assert "consents" in finding.says
    assert key in finding.says
    assert "exchange up" in finding.remedy
    mended.up(["kafka"])
    topics_are_well(mended)


def test_a_missing_topic_is_told_and_up_makes_it(mended: Platform) -> None:
    delete(mended, "inbox.juniper-youth")
    assert told_of_topics(mended).says == "inbox.juniper-youth is missing"
    mended.up(["kafka"])
    topics_are_well(mended)


def test_another_partition_count_is_told_with_a_remedy_and_never_changed(mended: Platform) -> None:
    admin = probes.admin(mended.places.kafka("administrator"))
    for done in admin.create_partitions([NewPartitions("inbox.juniper-youth", 2)]).values():
        done.result(10)
    try:
        mended.up(["kafka"])
        finding = told_of_topics(mended)
        assert finding.says == "inbox.juniper-youth has 2 partitions, not 1"
        assert "fixed for life" in finding.remedy
    finally:
        delete(mended, "inbox.juniper-youth")
        wait(lambda: told_of_topics(mended).says.endswith("is missing"), lambda: time.sleep(0.02))


def test_a_registry_that_would_take_any_schema_is_told_and_up_sets_it_back(mended: Platform) -> None:
    with registry.connected(mended.places.registry_url, mended.places.tls("administrator")) as client:
        client.set_compatibility(level="NONE")
    finding = platform_checks.compatibility(mended.places)
    assert "NONE" in finding.says
    assert "FULL_TRANSITIVE" in finding.remedy
    mended.up(["registry"])
    assert platform_checks.compatibility(mended.places).ok


def test_a_key_that_is_not_the_listed_one_is_told_and_up_lists_it(mended: Platform) -> None:
    key = mended.places.keys / "juniper-education.signing.pem"
    old = key.read_bytes()
    key.unlink()
    finding = platform_checks.listings(mended.places, mended.network)
    assert not finding.ok
    mended.up(["kafka", "registry"])
    assert platform_checks.listings(mended.places, mended.network).ok
    key.write_bytes(old)
