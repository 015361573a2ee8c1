"""What the router sends again to an edge that lost its disk: all that either party said, in its order."""

from dataclasses import replace

from edge_kit import OFFICE, Network

from referral_exchange.topics import inbox


def send_again(network: Network, programme: str) -> None:
    """Every event between this programme and others, unchanged, into its inbox."""
    topic = inbox(OFFICE[programme])
    said = [
        (event, message)
        for messages in network.broker.outboxes.values()
        for message in messages
        for event in [network.codec.decode(message.value, message.headers["ce_type"].decode())]
        if hasattr(event, "referral_id") and programme in (event.programme_from, event.programme_to)  # type: ignore[union-attr]
    ]
    for _, message in sorted(said, key=lambda pair: network.taken.index(pair[1].headers["ce_id"])):
        network.broker.inboxes.setdefault(topic, []).append(replace(message, topic=topic))
