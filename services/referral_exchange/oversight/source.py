"""Which exchange is looked at, and as whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from referral_exchange import catalog
from referral_exchange.codec import Codec
from referral_exchange.oversight.trouble import BrokerAway
from referral_exchange.runtime import clients
from referral_exchange.runtime.tail import Tail
from referral_exchange.settings import Tls

GROUP = "operator"
"""Principal and group of whoever looks by hand; it commits nothing, so it never stands in anybody's way."""

_QUICK = {
    "fetch.wait.max.ms": 20,  # the end of a partition is an empty answer, and a person waits for it
    "log_level": 0,
}
_ANSWER_S = 5.0


@dataclass(frozen=True, slots=True)
class Source:
    """Where the broker, the registry and the trace page are. `trace_page` empty: there is none."""

    kafka: Mapping[str, Any]
    registry_url: str
    trace_page: str = ""
    tls: Tls | None = None
    """Who asks the registry."""
    group: str = GROUP
    """Who looks: a group of the principal, named only."""
    kept: list[AdminClient] = field(default_factory=list, repr=False, compare=False)
    """The client, once it was needed."""
    codec: Codec = field(default_factory=lambda: Codec(catalog.committed(), {}))
    """Reads by `ce_type` alone, so what an earlier registry numbered is read too, and none need run."""

    @property
    def asker(self) -> str:
        """The principal alone, as the source of what is asked of the router."""
        return self.group.partition(".")[0]

    def tail(self, **own: Any) -> Tail:
        """Reads committed messages; the caller closes it."""
        consumer = clients.consumer(self.kafka, self.group, **{**_QUICK, "client.id": self.group, **own})
        return Tail(consumer, self.admin())

    def admin(self) -> AdminClient:
        """A client for questions about topics and groups, the same one until it is forgotten."""
        if not self.kept:
            self.kept.append(clients.admin({**self.kafka, "log_level": 0}))
        return self.kept[-1]

    def forget(self) -> None:
        """After a failure: the next client reads the certificate's files anew."""
        self.kept.clear()

    def topics(self) -> dict[str, int]:
        """Partition counts by topic, internal topics apart. Raises BrokerAway."""
        try:
            found = self.admin().list_topics(timeout=_ANSWER_S).topics
        except KafkaException as error:
            raise BrokerAway(away(self.kafka, error)) from None
        return {name: len(topic.partitions) for name, topic in found.items() if not name.startswith("__")}


def away(kafka: Mapping[str, Any], error: KafkaException) -> str:
    """What is said of a broker that answered with `error`, or not."""
    return (
        f"the broker at {kafka['bootstrap.servers']} says {error.args[0].name()}; is it up? `exchange status`"
    )
