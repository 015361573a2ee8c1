"""What a recipient could try behind its bridge: its own key and inbox, and the ledger itself."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

from exchange_command.places import Places
from referral_exchange.codec import Codec
from referral_exchange.events import ReferralDisclosed
from referral_exchange.message import read_headers, text
from referral_exchange.runtime import clients
from referral_exchange.runtime.tls import client_context
from referral_exchange.topics import inbox

_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class SecondTry:
    """Asks the ledger to open what was disclosed, as the recipient programme, without any bridge."""

    places: Places
    codec: Codec
    _asking: dict[str, httpx.Client] = field(default_factory=dict)

    def locks(self, participant: str, referral_id: str) -> list[dict[str, str]]:
        """The locks that stand in the inbox of `participant` for one referral, as `open` takes them."""
        return [
            {"consent_id": event.consent_id, "referral_id": referral_id, "lock": _text(part.lock)}
            for event in self._disclosures(participant)
            if event.referral_id == referral_id
            for part in event.parts
        ]

    def opens(self, participant: str, locks: list[dict[str, str]], auth: httpx.Auth) -> bool:
        """Whether the ledger opens them, asked now. Raises httpx.HTTPError where it does not answer."""
        if participant not in self._asking:
            self._asking[participant] = self._ledger(participant)
        answer = self._asking[participant].post("/v1/open", json={"locks": locks}, auth=auth)
        if answer.is_server_error:
            answer.raise_for_status()
        return answer.is_success

    def close(self) -> None:
        """Ends the connections."""
        for http in self._asking.values():
            http.close()

    def _ledger(self, participant: str) -> httpx.Client:
        address, own = self.places.address("consent_ledger"), client_context(self.places.tls(participant))
        return httpx.Client(base_url=address, timeout=_TIMEOUT_S, trust_env=False, verify=own)

    def _disclosures(self, participant: str) -> Iterator[ReferralDisclosed]:
        consumer = clients.consumer(self.places.kafka(participant), f"{participant}.demo")
        consumer.assign([TopicPartition(inbox(participant), 0, OFFSET_BEGINNING)])
        try:
            yield from self._until_end(consumer)
        finally:
            consumer.close()

    def _until_end(self, consumer: Consumer) -> Iterator[ReferralDisclosed]:
        while True:
            for message in consumer.consume(500, 1.0):
                if (error := message.error()) is not None:
                    if error.code() == KafkaError._PARTITION_EOF:
                        return
                    continue
                kind = text(read_headers(message.headers()), "ce_type")
                if kind == ReferralDisclosed.RECORD:
                    event = self.codec.decode(message.value(), kind, own_registry=False)
                    assert isinstance(event, ReferralDisclosed)
                    yield event


def _text(lock: bytes) -> str:
    return base64.b64encode(lock).decode()
