"""Events of the family reports. Generated from schemas/ by `make generate`; do not edit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal, Self

Position = Literal["unspecified", "supports", "opposes", "suggests", "asks"]
Measure = Literal[
    "unspecified",
    "clients",
    "new_clients",
    "adults_and_minors",
    "trafficking_types",
    "services",
    "referrals",
    "answers",
]
FeedbackAbout = Literal[
    "unspecified", "asked_first", "understood", "safe", "in_time", "got_help", "in_my_language"
]
FeedbackAnswer = Literal["unspecified", "yes", "partly", "no", "not_my_case"]
ActionStanding = Literal["unspecified", "not_started", "under_way", "done", "late", "dropped"]
Audience = Literal[
    "unspecified",
    "law_enforcement",
    "border_officials",
    "health_providers",
    "emergency_managers",
    "caseworkers",
    "public",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountCell:
    """One code and how often."""

    code: str
    count: int | None = None

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {"code": self.code, "count": self.count}

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(code=datum["code"], count=datum["count"])


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentReceived:
    """A public comment on the plan came in. Its text stays with the plan office; here only where it belongs."""

    RECORD: ClassVar[str] = "CommentReceived.v1"
    event_id: str
    occurred_at: datetime
    programme_from: str
    programme_to: str
    comment_id: str
    section: str
    position: Position
    received_at: datetime

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "programme_from": self.programme_from,
            "programme_to": self.programme_to,
            "comment_id": self.comment_id,
            "section": self.section,
            "position": self.position,
            "received_at": self.received_at,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            event_id=datum["event_id"],
            occurred_at=datum["occurred_at"],
            programme_from=datum["programme_from"],
            programme_to=datum["programme_to"],
            comment_id=datum["comment_id"],
            section=datum["section"],
            position=datum["position"],
            received_at=datum["received_at"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CountsReported:
    """A participant's own counts by code for a period; small cells are suppressed by their writer. No subject."""

    RECORD: ClassVar[str] = "CountsReported.v1"
    event_id: str
    occurred_at: datetime
    programme_from: str
    programme_to: str
    measure: Measure
    period_from: datetime
    period_to: datetime
    cells: list[CountCell]

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "programme_from": self.programme_from,
            "programme_to": self.programme_to,
            "measure": self.measure,
            "period_from": self.period_from,
            "period_to": self.period_to,
            "cells": [item.to_datum() for item in self.cells],
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            event_id=datum["event_id"],
            occurred_at=datum["occurred_at"],
            programme_from=datum["programme_from"],
            programme_to=datum["programme_to"],
            measure=datum["measure"],
            period_from=datum["period_from"],
            period_to=datum["period_to"],
            cells=[CountCell.from_datum(item) for item in datum["cells"]],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackGiven:
    """What somebody thinks of a service or of the plan, in codes. Anonymous: no subject, no free text."""

    RECORD: ClassVar[str] = "FeedbackGiven.v1"
    event_id: str
    occurred_at: datetime
    programme_from: str
    programme_to: str
    about: FeedbackAbout
    answer: FeedbackAnswer
    service: str | None = None

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "programme_from": self.programme_from,
            "programme_to": self.programme_to,
            "about": self.about,
            "answer": self.answer,
            "service": self.service,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            event_id=datum["event_id"],
            occurred_at=datum["occurred_at"],
            programme_from=datum["programme_from"],
            programme_to=datum["programme_to"],
            about=datum["about"],
            answer=datum["answer"],
            service=datum["service"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanActionReported:
    """How an action of the plan stands."""

    RECORD: ClassVar[str] = "PlanActionReported.v1"
    event_id: str
    occurred_at: datetime
    programme_from: str
    programme_to: str
    action: str
    standing: ActionStanding
    as_of: datetime

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "programme_from": self.programme_from,
            "programme_to": self.programme_to,
            "action": self.action,
            "standing": self.standing,
            "as_of": self.as_of,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            event_id=datum["event_id"],
            occurred_at=datum["occurred_at"],
            programme_from=datum["programme_from"],
            programme_to=datum["programme_to"],
            action=datum["action"],
            standing=datum["standing"],
            as_of=datum["as_of"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingCompleted:
    """A course was given: where, for whom, how many. No names."""

    RECORD: ClassVar[str] = "TrainingCompleted.v1"
    event_id: str
    occurred_at: datetime
    programme_from: str
    programme_to: str
    course: str
    audience: Audience
    region: str
    people: int
    completed_at: datetime

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "programme_from": self.programme_from,
            "programme_to": self.programme_to,
            "course": self.course,
            "audience": self.audience,
            "region": self.region,
            "people": self.people,
            "completed_at": self.completed_at,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            event_id=datum["event_id"],
            occurred_at=datum["occurred_at"],
            programme_from=datum["programme_from"],
            programme_to=datum["programme_to"],
            course=datum["course"],
            audience=datum["audience"],
            region=datum["region"],
            people=datum["people"],
            completed_at=datum["completed_at"],
        )
