"""One writer a referral: checks, remembers, forwards; in one Kafka transaction a turn."""
