"""Reads a topic of the exchange with confluent-kafka and fastavro alone: nothing of the exchange's own code.

python read_the_wire.py --schemas SCHEMAS --bootstrap HOST:PORT --tls FOLDER --topic inbox.some-participant

FOLDER holds authority.pem, certificate.pem and key.pem of whoever reads; GROUP is one it may use.
"""

import argparse
import io
import json
from pathlib import Path

import fastavro
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition


def load_schemas(folder):
    """Every schema by `Record.vN`: what the header `ce_type` names."""
    files = Path(folder).glob("*/*.avsc")
    return {file.name.removesuffix(".avsc"): fastavro.schema.load_schema(file) for file in files}


def read_value(schema, value):
    """The event in `value`: a byte 0, four bytes of the registry's schema id, then the Avro body."""
    if value[0] != 0:
        raise ValueError("not framed: the first byte is not 0")
    body = io.BytesIO(value[5:])
    event = fastavro.schemaless_reader(body, schema)
    if body.read(1):
        raise ValueError("trailing bytes behind the event")
    return event


def messages(consumer, topic):
    """Every message of `topic`, from its beginning to where each partition ends now."""
    found = consumer.list_topics(topic, timeout=10).topics[topic]
    if found.error is not None:
        raise KafkaException(found.error)
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in found.partitions])
    still_open = set(found.partitions)
    while still_open:
        message = consumer.poll(10)
        if message is None:
            raise TimeoutError("the broker says nothing")
        if message.error() is None:
            yield message
        elif message.error().code() == KafkaError._PARTITION_EOF:
            still_open.discard(message.partition())
        else:
            raise KafkaException(message.error())


def as_json(value):
    """What JSON lacks: bytes as hex, times and ids as text."""
    return value.hex() if isinstance(value, bytes) else str(value)


def main():
    """Prints one JSON object a message."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--schemas", "--bootstrap", "--tls", "--topic"):
        parser.add_argument(name, required=True)
    parser.add_argument("--group", default="operator.read-the-wire")
    asked = parser.parse_args()
    schemas = load_schemas(asked.schemas)
    consumer = Consumer(
        {
            "bootstrap.servers": asked.bootstrap,
            "security.protocol": "ssl",
            "ssl.ca.location": f"{asked.tls}/authority.pem",
            "ssl.certificate.location": f"{asked.tls}/certificate.pem",
            "ssl.key.location": f"{asked.tls}/key.pem",
            "enable.metrics.push": False,
            "group.id": asked.group,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",  # the router writes in transactions
        }
    )
    try:
        for message in messages(consumer, asked.topic):
            headers = dict(message.headers() or [])
            ce_type = headers.get("ce_type", b"").decode()
            place = {"partition": message.partition(), "offset": message.offset()}
            shown = {**place, "key": (message.key() or b"").decode(), "ce_type": ce_type}
            if message.value() is not None:  # none: what was compacted away
                shown["event"] = read_value(schemas[ce_type], message.value())
            print(json.dumps(shown, default=as_json))
    finally:
        consumer.close()


if __name__ == "__main__":
    main()
