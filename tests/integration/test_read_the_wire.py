"""The plain script of the page reads a real topic, and imports nothing but Kafka and Avro."""

import ast
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from topic_kit import Writer, garbage

from exchange_command.platform import Platform
from referral_exchange import catalog, examples, ids
from referral_exchange.contract_docs.wire_page import SCRIPT
from referral_exchange.contract_files import DEPLOY, SCHEMAS
from referral_exchange.events import ReferralOffered, SealedPart
from referral_exchange.message import Message

FILE = DEPLOY / SCRIPT
NOW = datetime(2031, 5, 4, 22, 15, tzinfo=UTC)


def script(platform: Platform, *, topic: str, schemas: Path = SCHEMAS) -> subprocess.CompletedProcess[str]:
    places = platform.places
    who = str(places.certificates / "operator")
    arguments = ("--schemas", str(schemas), "--bootstrap", places.bootstrap, "--tls", who, "--topic", topic)
    # Isolated: nothing of this checkout can be imported, even by mistake.
    command = [sys.executable, "-I", str(FILE), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def imported(source: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


def test_it_imports_kafka_and_avro_alone() -> None:
    assert imported(FILE.read_text(encoding="utf-8")) - sys.stdlib_module_names == {
        "confluent_kafka",
        "fastavro",
    }
    assert "referral_exchange" in imported("from referral_exchange.codec import Codec")


def test_the_page_shows_the_script_as_it_is() -> None:
    page = (SCHEMAS / "READ_THE_WIRE.md").read_text(encoding="utf-8")
    assert FILE.read_text(encoding="utf-8").rstrip("\n") in page


def test_it_reads_the_directory(platform: Platform) -> None:
    read = lines(script(platform, topic="directory"))
    listed = {line["event"]["programme_id"] for line in read if line["ce_type"].startswith("ProgrammeListed")}
    assert {programme.id for programme in platform.network.programmes} <= listed


def test_it_reads_a_sealed_offer_and_sees_noise(platform: Platform) -> None:
    offer = ReferralOffered(
        event_id=ids.fresh(),
        occurred_at=NOW,
        programme_from="meadow-housing",
        programme_to="harbor-shelter",
        referral_id=ids.fresh(),
        consent_id=ids.fresh(),
        return_consent_id=ids.fresh(),
        urgency="urgent",
        parts=[SealedPart(lock=b"\x01\x02", ciphertext=bytes(540))],
    )
    writer, topic = Writer(platform), "outbox.meadow-collective"
    writer.put(writer.signed(topic, offer.referral_id, offer, NOW, ("meadow-housing", "harbor-shelter")))
    (read,) = [line for line in lines(script(platform, topic=topic)) if line["key"] == offer.referral_id]
    assert read["event"]["event_id"] == offer.event_id
    assert read["event"]["occurred_at"] == str(offer.occurred_at)
    assert read["event"]["parts"] == [{"lock": "0102", "ciphertext": "00" * 540}]


def test_it_decodes_every_vector(platform: Platform) -> None:
    """Under the vectors' schema id, which this platform's registry gave to something else or to nothing."""
    topic = "outbox.juniper-youth"
    vectors = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((SCHEMAS / "vectors").glob("*.v*.json"))
    ]
    Writer(platform).put(
        *(
            Message(
                topic,
                v["json"]["event_id"],
                bytes.fromhex(v["value_hex"]),
                {"ce_type": v["ce_type"].encode()},
            )
            for v in vectors
        )
    )
    read = {(line["key"], line["ce_type"]): line["event"] for line in lines(script(platform, topic=topic))}
    for vector in vectors:
        datum = examples.datum_of(catalog.committed()[vector["ce_type"]], vector["json"])
        shown = json.loads(json.dumps(datum, default=as_the_script_shows))
        assert read[vector["json"]["event_id"], vector["ce_type"]] == shown
    assert len(vectors) >= 5


def as_the_script_shows(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


@pytest.mark.parametrize(
    ("value", "told"), [(b"\x01rest", "KeyError"), (b"", "KeyError")], ids=["not-framed", "empty"]
)
def test_it_stops_at_what_is_no_event(platform: Platform, value: bytes, told: str) -> None:
    topic = "outbox.orchard-health"
    Writer(platform).put(garbage(topic, 0, value))
    done = script(platform, topic=topic)
    assert done.returncode == 1
    assert told in done.stderr


def test_it_says_that_a_topic_is_not_there(platform: Platform) -> None:
    done = script(platform, topic="outbox.nobody")
    assert done.returncode == 1
    assert "UNKNOWN_TOPIC" in done.stderr
