"""Who may be listed as what."""

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from directory_kit import OLD_KEY, Office, b64, draft, listed_participant, listed_programme

from referral_exchange.directory import Directory
from referral_exchange.signing import key_endorsement_bytes
from service_directory import rules
from service_directory.book import listable_codes
from service_directory.publications import Service

NEW_KEY = Ed25519PrivateKey.generate()
NEW_SEALING = bytes(range(1, 33))
CODES = listable_codes()


def faults(directory: Directory | None = None, **changed: Any) -> set[tuple[str, str]]:
    programme = listed_programme(**changed)
    found = rules.enrolment_faults(listed_participant(), [programme], directory or Directory(), CODES)
    return {(fault.field, fault.code) for fault in found}


def knowing(*programmes: Any) -> Directory:
    directory = Directory()
    for listing in (listed_participant(), *programmes):
        directory.apply(listing)
    return directory


def test_a_right_programme_is_listed() -> None:
    assert faults() == set()


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"programme_id": "Harbor House"}, "programme_id", "id"),
        ({"programme_id": "../x"}, "programme_id", "id"),
        ({"name": "Call 555-201-9000"}, "name", "name"),
        ({"name": "=cmd"}, "name", "name"),
        ({"name": " "}, "name", "name"),
        ({"region": "12 Elm Street"}, "region", "region"),
        ({"region": "a" * 61}, "region", "region"),
        ({"role": "exchange_service"}, "role", "unknown-code"),
        ({"role": "unspecified"}, "role", "unknown-code"),
        ({"role": "police"}, "role", "unknown-code"),
        ({"services": ["Shelter"]}, "services", "unknown-code"),
        ({"funding_streams": ["lottery"]}, "funding_streams", "unknown-code"),
        ({"age_bands": ["unknown"]}, "age_bands", "unknown-code"),
        ({"access": ["lift"]}, "access", "unknown-code"),
        ({"languages": ["Spanish language"]}, "languages", "unknown-code"),
        ({"signing_key": b"short"}, "signing_key", "key"),
        ({"sealing_key": None}, "sealing_key", "key"),
        ({"key_id": "a key"}, "key_id", "key"),
    ],
)
def test_a_wrong_programme_is_refused(changed: dict[str, Any], field: str, code: str) -> None:
    assert (field, code) in faults(**changed)


@pytest.mark.parametrize("kind", ["exchange_service", "unspecified", "club"])
def test_a_participant_says_what_kind_of_body_it_is(kind: str) -> None:
    found = rules.enrolment_faults(listed_participant(kind=kind), [], Directory(), CODES)
    assert {(fault.field, fault.code) for fault in found} == {("kind", "unknown-code")}


def test_enforcement_and_assistance_never_mix_in_one_participant() -> None:
    assert ("role", "mixed-roles") in faults(
        knowing(listed_programme()), programme_id="harbor-police", role="enforcement"
    )
    both = [listed_programme(), listed_programme(programme_id="harbor-police", role="enforcement")]
    found = rules.enrolment_faults(listed_participant(), both, Directory(), CODES)
    assert "mixed-roles" in {fault.code for fault in found}
    assert faults(programme_id="harbor-police", role="enforcement") == set()


def test_a_programme_changes_its_side_only_as_a_whole() -> None:
    directory = knowing(listed_programme())
    assert faults(directory, role="enforcement") == set()
    directory = knowing(listed_programme(), listed_programme(programme_id="harbor-shelter"))
    assert ("role", "mixed-roles") in faults(directory, role="enforcement")


def test_a_programme_keeps_its_participant() -> None:
    directory = knowing(listed_programme(participant_id="meadow-collective"))
    assert ("programme_id", "another-participant") in faults(directory)


def rotated(signer: Ed25519PrivateKey | None, **changed: Any) -> dict[str, Any]:
    """New keys, endorsed by `signer`."""
    told = {
        "signing_key": NEW_KEY.public_key().public_bytes_raw(),
        "sealing_key": NEW_SEALING,
        "key_id": "2",
    } | changed
    if signer is not None:
        covered = key_endorsement_bytes(
            "harbor-advocacy", told["signing_key"], told["sealing_key"], told["key_id"]
        )
        told |= {"previous_key_id": "1", "previous_key_signature": signer.sign(covered)}
    return told


def enrolled_again(office: Office, told: dict[str, Any], **more: Any) -> tuple[int, set[str]]:
    body = {n: b64(v) if isinstance(v, bytes) else v for n, v in told.items()}
    answer = office.enrol(programmes=[draft(**body | more)])
    return answer.status_code, {fault["code"] for fault in answer.json().get("faults", [])}


def test_the_old_key_vouches_for_the_new_ones(office: Office) -> None:
    office.enrol()
    assert enrolled_again(office, rotated(OLD_KEY)) == (200, set())
    listed = office.topic.directory().programmes["harbor-advocacy"]
    assert (listed.key_id, listed.previous_key_id, listed.sealing_key) == ("2", "1", NEW_SEALING)


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (rotated(None), "not-endorsed"),
        (rotated(NEW_KEY), "not-endorsed"),
        (rotated(OLD_KEY) | {"sealing_key": bytes(32)}, "not-endorsed"),
        (rotated(OLD_KEY) | {"previous_key_id": "0"}, "not-endorsed"),
        (rotated(OLD_KEY, key_id="1"), "key-id-reused"),
    ],
)
def test_a_key_is_not_replaced_unless_the_old_one_signs_the_new(
    office: Office, told: dict[str, Any], code: str
) -> None:
    office.enrol()
    said = len(office.topic.messages)
    assert enrolled_again(office, told) == (409, {code})
    assert len(office.topic.messages) == said


def test_a_lost_key_is_replaced_only_where_a_person_says_so(office: Office) -> None:
    office.enrol()
    assert enrolled_again(office, rotated(None), key_lost=True) == (200, set())
    listed = office.topic.directory().programmes["harbor-advocacy"]
    assert (listed.key_id, listed.previous_key_id) == ("2", None)
    with office.database.transaction() as connection:
        evidence = connection.exec_driver_sql(
            "SELECT programme_id, old_key_id, new_key_id, vouched_by FROM key_changes"
        ).all()
    assert [tuple(row) for row in evidence] == [("harbor-advocacy", "1", "2", "person")]


def published(**changed: Any) -> Service:
    whole: dict[str, Any] = {
        "id": "s1",
        "organization_id": "o1",
        "name": "x",
        "active": True,
        "confidential": False,
        "programme_id": "harbor-advocacy",
        "services": ("Legal Services",),
        "languages": ("tl",),
        "region": "South Fields",
        "age_bands": ("adult",),
        "access": (),
        "last_modified": "",
    }
    return Service(**(whole | changed))


def test_an_import_changes_what_is_offered_and_nothing_else() -> None:
    listed = listed_programme()
    other = published(id="s2", services=("Housing Services",), languages=("es",))
    made = rules.with_services(listed, [published(), other, published(id="s3", programme_id="another")])
    assert made.services == ["Housing Services", "Legal Services"]
    assert made.languages == ["es", "tl"]
    kept = {"services", "languages", "region", "age_bands", "access"}
    assert replace(made, **{name: getattr(listed, name) for name in kept}) == listed
    assert made.access == listed.access


def test_a_service_that_is_not_active_is_not_offered() -> None:
    made = rules.with_services(listed_programme(), [published(active=False)])
    assert (made.services, made.region) == ([], "Bay Side")


def test_without_services_a_listing_stays_as_enrolled() -> None:
    assert rules.with_services(listed_programme(event_id="e"), []) == listed_programme(event_id="e")
