"""What the directory keeps of an HSDS record: names, codes and dates. Pure."""

from dataclasses import dataclass

EXCHANGE = "referral-exchange"
"""Name of the taxonomy whose terms an HSDS publisher uses to speak to this directory."""


@dataclass(frozen=True, slots=True)
class Organization:
    """A publisher's organization. `participant_id`: who it is on the exchange; None: not on it."""

    id: str
    name: str
    participant_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A publisher's service. For a confidential one `name` is its alias and there is no organization.

    `programme_id`: the programme of the exchange that offers it; None: not on the exchange. `region` may be
    empty: not stated. `last_modified`: as published, ISO 8601; empty where it is not.
    """

    id: str
    organization_id: str | None
    name: str
    active: bool
    confidential: bool
    programme_id: str | None
    services: tuple[str, ...]
    languages: tuple[str, ...]
    region: str
    age_bands: tuple[str, ...]
    access: tuple[str, ...]
    last_modified: str


@dataclass(frozen=True, slots=True)
class Publications:
    """The organizations and services of one import that can be taken."""

    organizations: tuple[Organization, ...] = ()
    services: tuple[Service, ...] = ()
