"""Bodies that the API takes and answers."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from referral_exchange.events.directory import CapacityReported
from referral_exchange.unshown import no_fields
from referral_exchange.vocabulary import as_shown
from service_directory.search_rules import Match
from service_directory.standing_rules import Wanted

Text = Annotated[str, Field(min_length=1, max_length=200)]
Word = Annotated[str, Field(min_length=1, max_length=100)]
Code = Annotated[str, Field(min_length=1, max_length=64)]
Key = Annotated[str, Field(min_length=44, max_length=44, description="32 raw bytes in base64.")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SearchQuery(_Strict):
    """What is looked for; a condition left out matches anything."""

    __repr_args__ = no_fields

    service: Word | None = Field(default=None, description="A NIEM ServiceCategoryCode.")
    language: Word | None = Field(default=None, description="A BCP 47 tag; es finds es-MX too.")
    region: Word | None = None
    age_band: Word | None = None
    access: Word | None = None
    capacity: Word | None = Field(default=None, description="A BSeR capacity code, or unknown.")
    cursor: Annotated[str, Field(max_length=1000)] | None = None
    limit: int = Field(default=50, ge=1, le=200)


class Room(_Strict):
    """What a programme last said of its room; believed until `valid_until`."""

    room: int | None
    household_size: int | None
    accessible: bool
    languages: list[str]
    as_of: datetime
    valid_until: datetime


class ServiceShown(_Strict):
    """A programme, or a service that is not on the exchange (`programme_id` null).

    Of a confidential one: alias and region; what it offers stays null, though a search finds it by that.
    """

    programme_id: str | None
    participant_id: str | None
    name: str
    confidential: bool
    region: str
    services: list[str] | None
    languages: list[str] | None
    age_bands: list[str] | None
    access: list[str] | None
    capacity: str = Field(description="A BSeR capacity code; `unknown` where nothing is said or it is stale.")
    room: Room | None


class SearchPage(_Strict):
    """`next_cursor` null: the last page."""

    services: list[ServiceShown]
    next_cursor: str | None


class FindingShown(_Strict):
    """Where something is wrong, what, and how to mend it; never what stands there."""

    file: str
    row: str
    column: str
    code: str
    wrong: str
    mend: str
    severity: Literal["error", "note"]


class ImportReport(_Strict):
    """What came of an import. `left_out`: findings beyond the first 1000."""

    import_id: str
    applied: bool
    organizations: int
    services: int
    programmes: list[str]
    errors: int
    notes: int
    findings: list[FindingShown]
    left_out: int


class ProgrammeDraft(_Strict):
    """A programme to list. Keys are public ones."""

    programme_id: Code
    name: Text
    confidential: bool
    role: Code
    funding_streams: list[Code] = Field(max_length=20)
    services: list[Code] = Field(max_length=40)
    languages: list[Code] = Field(max_length=200)
    region: Text
    age_bands: list[Code] = Field(max_length=10)
    access: list[Code] = Field(default=[], max_length=20)
    signing_key: Key
    sealing_key: Key
    key_id: Code
    previous_key_id: Code | None = None
    previous_key_signature: Annotated[str, Field(min_length=88, max_length=88)] | None = None
    key_lost: bool = Field(
        default=False,
        description="The old key is lost: a person vouches for the new one, here and everywhere.",
    )


class ParticipantDraft(_Strict):
    """A participant to list, with some or all of its programmes; others stay as they are."""

    participant_id: Code
    name: Text
    kind: Code
    programmes: list[ProgrammeDraft] = Field(max_length=200)


class Enrolled(_Strict):
    """How many listings changed; 0: everything stood so already."""

    listed: int


class StandingWanted(_Strict):
    """How a participant shall stand."""

    standing: Wanted


class StandingSet(_Strict):
    """How it stands now; `changed` false: it stood so already."""

    participant_id: str
    standing: Wanted
    changed: bool


def shown(match: Match) -> ServiceShown:
    """A match as the API shows it."""
    told = not match.confidential
    return ServiceShown(
        programme_id=match.programme_id,
        participant_id=match.participant_id,
        name=match.name,
        confidential=match.confidential,
        region=match.region,
        services=list(match.services) if told else None,
        languages=list(match.languages) if told else None,
        age_bands=list(match.age_bands) if told else None,
        access=list(match.access) if told else None,
        capacity=as_shown(match.capacity),
        room=_room(match.report) if match.report else None,
    )


def _room(report: CapacityReported) -> Room:
    return Room(
        room=report.room,
        household_size=report.household_size,
        accessible=report.accessible,
        languages=report.languages,
        as_of=report.as_of,
        valid_until=report.valid_until,
    )
