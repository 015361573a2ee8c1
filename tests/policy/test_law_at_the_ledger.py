"""Rows of the law that only a ledger shows: three years of disclosures, Part 2, compelled release, hold."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ledger_kit import RECIPIENT, SENDER, LedgerKit, a_form, a_ground, a_part, give_body, ground_body, to_open
from sqlalchemy import select

from consent_ledger.bodies import GiveBody, GroundBody
from consent_ledger.database import CannotStepBack, migrate, step_back
from consent_ledger.giving import give, record_ground
from consent_ledger.listing import disclosures_about, disclosures_of
from consent_ledger.records import ConsentForm
from consent_ledger.refusals import ConsentConflict, Denied
from consent_ledger.sealing import open_locks, seal
from consent_ledger.tables import consents


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[LedgerKit]:
    made = LedgerKit(tmp_path)
    yield made
    made.close()


def listed_under(kit: LedgerKit, programme: str, *streams: str) -> None:
    kit.directory.apply(replace(kit.directory.programmes[programme], funding_streams=list(streams)))


def part_2_form(**changes: object) -> ConsentForm:
    streams, classes = frozenset({"part2"}), frozenset({"needs", "substance-use"})
    return a_form(
        **{"funding_streams": streams, "data_classes": classes, "intermediary_named": True, **changes}
    )


def test_disclosures_of_three_years_can_be_listed(kit: LedgerKit) -> None:
    """42 CFR 2.24: the intermediary lists them for the person."""
    listed_under(kit, SENDER, "part2")
    form = part_2_form()
    give(kit.ledger, form)
    (lock,) = seal(kit.ledger, SENDER, [a_part(form, "substance-use", accompanied=True)])
    open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)])
    kit.clock.pass_(days=3 * 365 + 1)
    kit.turns(120)
    for lines in (
        disclosures_of(kit.ledger, SENDER, [form.consent_id]),
        disclosures_about(kit.ledger, SENDER, form.subject_token),
    ):
        opened = [line for line in lines if line.kind == "opened"]
        assert [(line.recipient, line.data_class) for line in opened] == [(RECIPIENT, "substance-use")]


def test_a_part_2_record_is_locked_with_what_must_go_along_only(kit: LedgerKit) -> None:
    listed_under(kit, SENDER, "part2")
    form = part_2_form()
    give(kit.ledger, form)
    with pytest.raises(Denied) as denied:
        seal(kit.ledger, SENDER, [a_part(form, "substance-use")])
    assert denied.value.rules[0].law == "42 CFR 2.32"
    seal(kit.ledger, SENDER, [a_part(form, "substance-use", accompanied=True), a_part(form, "needs")])


def test_a_form_that_names_no_intermediary_is_not_recorded(kit: LedgerKit) -> None:
    listed_under(kit, SENDER, "part2")
    with pytest.raises(Denied) as denied:
        give(kit.ledger, part_2_form(intermediary_named=False))
    assert denied.value.rules[0].law == "42 CFR 2.31"


@pytest.mark.parametrize(
    ("changes", "law"),
    [
        ({"compelled_by": "subpoena"}, "28 CFR 94.115"),
        ({"notice_attempted": False}, "28 CFR 94.115"),
        ({"kind": "mandated_report", "compelled_by": ""}, "42 USC 671(a)(34)"),
    ],
)
def test_what_nothing_compels_is_not_recorded(kit: LedgerKit, changes: dict[str, object], law: str) -> None:
    order = {"kind": "compelled_release", "compelled_by": "court_order", "notice_attempted": True}
    with pytest.raises(Denied) as denied:
        record_ground(kit.ledger, a_ground(**{**order, **changes}))
    assert denied.value.rules[0].law == law


def test_an_order_lets_out_what_it_names_and_a_hold_nothing(kit: LedgerKit) -> None:
    order = a_ground(kind="compelled_release", compelled_by="court_order", notice_attempted=True)
    hold = a_ground(kind="legal_hold", compelled_by="subpoena")
    for ground in (order, hold):
        record_ground(kit.ledger, ground)
    (lock,) = seal(kit.ledger, SENDER, [a_part(order)])
    assert open_locks(kit.ledger, RECIPIENT, [to_open(order, lock)])
    with pytest.raises(Denied) as denied:
        seal(kit.ledger, SENDER, [a_part(hold)])
    assert "legal-hold-opens-nothing" in {rule.id for rule in denied.value.rules}


def test_the_new_facts_are_read_from_the_wire_and_what_is_unsaid_is_the_least() -> None:
    form = a_form()
    said = {"intermediary_named": True, "exception_1367": "waiver", "official_class": "adjudicator"}
    assert GiveBody.model_validate(give_body(form)).form() == form
    told = GiveBody.model_validate({**give_body(form), **said}).form()
    assert (told.intermediary_named, told.exception_1367, told.official_class) == (
        True,
        "waiver",
        "adjudicator",
    )
    report = a_ground()
    assert GroundBody.model_validate(ground_body(report)).form() == report
    unsaid = GroundBody.model_validate(ground_body(a_ground(kind="compelled_release"))).form()
    assert (unsaid.compelled_by, unsaid.notice_attempted) == ("", False)


def test_the_facts_are_kept_and_a_repeat_with_others_conflicts(kit: LedgerKit) -> None:
    listed_under(kit, SENDER, "part2")
    form = part_2_form()
    give(kit.ledger, form)
    assert not give(kit.ledger, form).created
    with pytest.raises(ConsentConflict):
        give(kit.ledger, replace(form, official_class="adjudicator"))


def test_an_older_ledger_gets_no_rows_that_it_would_misread(kit: LedgerKit) -> None:
    record_ground(kit.ledger, a_ground())
    with kit.database.transaction(alone=True) as connection:
        step_back(connection, "0003")
        migrate(connection)
        told = connection.execute(select(consents.c.compelled_by, consents.c.notice_attempted)).all()
    assert [tuple(row) for row in told] == [("statute", False)] * 2
    record_ground(kit.ledger, a_ground(kind="legal_hold", compelled_by="subpoena"))
    with (
        pytest.raises(CannotStepBack, match="legal holds"),
        kit.database.transaction(alone=True) as connection,
    ):
        step_back(connection, "0003")
