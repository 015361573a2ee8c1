"""The session's broker as if nobody had used it: what one file of tests leaves, the next never finds."""

import canary_hold
from confluent_kafka.admin import AdminClient

from exchange_command import directory_seed, probes, topic_setup
from exchange_command.demo.waiting import until
from exchange_command.platform import Platform

_SECONDS = 60.0


def make_log_anew(platform: Platform) -> None:
    """Every topic empty, and the directory in its own; what goes is held for the canary's search."""
    admin = probes.admin(platform.places.kafka("administrator"))
    canary_hold.segments(platform.places.data("kafka"))
    names = [name for name in admin.list_topics(timeout=30).topics if not name.startswith("__")]
    for done in admin.delete_topics(names).values() if names else ():
        done.result(30)
    wanted = topic_setup.wanted([participant.id for participant in platform.network.with_mailboxes])
    # The broker forgets a deleted topic in its own time; before that it can be neither made nor described.
    until(lambda: len(topic_setup.missing(admin, wanted)) == len(wanted), _SECONDS, "the deleted topics go")
    topic_setup.make_so(admin, wanted)
    directory_seed.publish(platform.places, platform.network)


def forget_groups(platform: Platform) -> None:
    """Deletes every consumer group; a killed member stays in its own until its session ends."""
    admin = probes.admin(platform.places.kafka("administrator"))
    until(lambda: _no_group_left(admin), _SECONDS, "the members of all groups go")


def _no_group_left(admin: AdminClient) -> bool:
    groups = [group.group_id for group in admin.list_consumer_groups().result(30).valid]
    answers = admin.delete_consumer_groups(groups).values() if groups else ()
    # All are waited for, whatever the first says.
    return not [error for error in [done.exception(30) for done in answers] if error is not None]
