"""What every process that speaks Kafka shares: clients, acknowledged produce, reading to a true end."""

from referral_exchange.runtime.acked import AckedProducer, OutcomeUnknown, ProduceRefused

__all__ = ["AckedProducer", "OutcomeUnknown", "ProduceRefused"]
