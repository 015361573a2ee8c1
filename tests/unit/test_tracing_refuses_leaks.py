"""Nothing that is not on the list, and no value of another shape, can be put on a span."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_exchange import tracing
from referral_exchange.tracing import attributes, spans
from referral_exchange.tracing.spans import Span

REFERRAL = "3f0c1c1e-3b1f-4b8f-9a57-0a5f7f1f2f3a"
PERSON = "Zephyrine Quillfeather"
"""An invented name that no shape may let through."""


class Kept:
    """A sink that keeps what it gets."""

    def __init__(self) -> None:
        self.spans: list[Span] = []

    def take(self, span: Span) -> None:
        self.spans.append(span)

    def stop(self, timeout_s: float) -> None:
        """Nothing."""


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def traced(kept: Kept) -> spans.Tracing:
    return spans.Tracing(kept)


def test_an_attribute_off_the_list_is_refused(traced: spans.Tracing) -> None:
    with pytest.raises(tracing.NotOnTheList) as refused:
        traced.stretch("offer", subject_name=PERSON)  # type: ignore[call-arg]
    assert PERSON not in str(refused.value)


def test_an_attribute_off_the_list_is_refused_on_set_child_and_record(traced: spans.Tracing) -> None:
    leak = {"messaging_kafka_message_key": REFERRAL}
    with traced.stretch("offer") as stretch:
        with pytest.raises(tracing.NotOnTheList):
            stretch.set(**leak)  # type: ignore[misc]
        with pytest.raises(tracing.NotOnTheList):
            stretch.child("seal", **leak)  # type: ignore[misc]
    with pytest.raises(tracing.NotOnTheList):
        traced.record("offer", "internal", 1, 2, **leak)  # type: ignore[misc]


@pytest.mark.parametrize(
    "name",
    [
        f"offer {PERSON}",
        "offer zephyrine",
        PERSON,
        "POST /v1/referrals/" + REFERRAL,
        "POST /v1/people?name=zephyrine",
        "POST",
        "offer ReferralOffered zephyrine",
        "",
    ],
)
def test_a_span_name_off_the_list_is_refused(traced: spans.Tracing, name: str) -> None:
    with pytest.raises(tracing.NotOnTheList) as refused:
        traced.stretch(name)
    assert "zephyrine" not in str(refused.value).lower()


@pytest.mark.parametrize("keyword", sorted(attributes.ALLOWED))
@pytest.mark.parametrize("value", [PERSON, "zephyrine", "+1 555 0100", -1, 2**70, True, 1.5, b"x", ["x"], {}])
def test_a_value_of_another_shape_stays_behind(kept: Kept, keyword: str, value: object) -> None:
    with spans.Tracing(kept).stretch("offer", referral_id=REFERRAL, **{keyword: value}):  # type: ignore[misc]
        pass
    wire = attributes.ALLOWED[keyword].wire
    assert kept.spans[0].attributes == {"referral.id": REFERRAL, attributes.WITHHELD: wire}


def test_a_referral_id_that_is_none_stays_behind(kept: Kept) -> None:
    with spans.Tracing(kept).stretch("offer", referral_id=PERSON) as stretch, stretch.child("seal"):
        pass
    assert [span.attributes for span in kept.spans] == [{attributes.WITHHELD: "referral.id"}] * 2


def test_the_text_of_an_exception_is_not_on_the_span(kept: Kept) -> None:
    with pytest.raises(LookupError), spans.Tracing(kept).stretch("offer"):
        raise LookupError(f"no such subject: {PERSON}")
    (span,) = kept.spans
    assert "Quillfeather" not in repr(span)
    assert span.attributes["error.type"] == "LookupError"
    assert span.exceptions[0][1] == {"exception.type": "LookupError"}


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("consents[0].standing", "consents[0].standing"),
        ("zephyrine", None),
        (f"consents.{PERSON}", None),
        (PERSON, None),
        (17, None),
    ],
)
def test_a_field_path_is_told_only_in_names_of_the_contract(path: object, told: str | None) -> None:
    error = ValueError(PERSON)
    error.field_path = path  # type: ignore[attr-defined]
    assert attributes.of_exception(error).get(attributes.EXCEPTION_FIELD) == told


@given(
    referral_id=st.text(),
    values=st.dictionaries(
        st.sampled_from(sorted(attributes.ALLOWED)),
        st.one_of(st.text(), st.integers(), st.binary(), st.booleans(), st.none(), st.lists(st.text())),
    ),
    link=st.text(),
    error=st.text(),
)
def test_no_text_from_outside_ever_leaves_on_a_span(
    referral_id: str, values: dict[str, object], link: str, error: str
) -> None:
    kept = Kept()
    with (
        pytest.raises(LookupError),
        spans.Tracing(kept).stretch(
            "offer",
            referral_id=referral_id,
            link=link,
            **values,  # type: ignore[misc]
        ),
    ):
        raise LookupError(error)
    (span,) = kept.spans
    by_wire = {declared.wire: declared.shape for declared in attributes.ALLOWED.values()}
    for wire, value in span.attributes.items():
        if wire in by_wire and not attributes.ALLOWED[_keyword(wire)].as_text:
            assert by_wire[wire].allows(value)
    assert set(span.attributes) <= {*by_wire, "referral.id", "error.type", attributes.WITHHELD}


def _keyword(wire: str) -> str:
    return next(keyword for keyword, declared in attributes.ALLOWED.items() if declared.wire == wire)
