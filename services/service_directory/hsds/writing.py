"""Listings and services as HSDS 3 tables. Pure. A confidential programme is its alias and its region."""

import uuid
from collections.abc import Iterable, Iterator, Mapping

from referral_exchange.directory import Directory
from referral_exchange.events import ProgrammeListed
from service_directory.publications import EXCHANGE, Organization, Service

_NAMES = uuid.UUID("5d1f9f0a-7f0b-4b57-9a63-2f0f7c1f4c11")
_NIEM = "NIEM ServiceCategoryCode"
_ABOUT = "Listed in a referral exchange. Contact follows an accepted referral."
_HIDDEN = "Confidential programme"

OutRow = Mapping[str, str]
Out = dict[str, list[OutRow]]
"""Rows by table of HSDS 3."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "organizations": ("id", "name", "description"),
    "organization_identifiers": (
        "id",
        "organization_id",
        "identifier_scheme",
        "identifier_type",
        "identifier",
    ),
    "services": (
        *("id", "organization_id", "name", "alternate_name", "status"),
        *("minimum_age", "maximum_age", "last_modified"),
    ),
    "service_areas": ("id", "service_id", "name"),
    "languages": ("id", "service_id", "name", "code"),
    "attributes": ("id", "link_id", "link_type", "link_entity", "taxonomy_term_id"),
    "taxonomy_terms": ("id", "code", "name", "description", "taxonomy", "taxonomy_id"),
    "taxonomies": ("id", "name", "description"),
}
"""Every column that is ever written."""


def tables(
    directory: Directory, services: Iterable[Service], organizations: Mapping[str, Organization]
) -> Out:
    """Everything that may be published, each table in the order of its ids: only of who takes part."""
    writing = _Writing(organizations)
    stored = list(services)
    for service in stored:
        listed = directory.programmes.get(service.programme_id or "")
        if listed is not None and not directory.takes_part(listed.programme_id):
            continue
        if listed is not None and listed.confidential:
            writing.confidential(listed.name, listed.region, listed.programme_id)
        elif service.confidential and service.active:
            writing.confidential(service.name, service.region, service.id)
        elif not service.confidential:
            writing.service(service)
    published = {service.programme_id for service in stored}
    for listed in directory.programmes.values():
        if listed.role != "assistance" or listed.programme_id in published:
            continue
        if not directory.takes_part(listed.programme_id):
            continue
        if listed.confidential:
            writing.confidential(listed.name, listed.region, listed.programme_id)
        else:
            writing.programme(listed, directory.participants[listed.participant_id].name)
    return {name: [rows[key] for key in sorted(rows)] for name, rows in writing.rows.items()}


def hidden_id(key: str) -> str:
    """The identifier under which a confidential programme, or a publisher's service, is written."""
    return str(uuid.uuid5(_NAMES, f"services\n{key}"))


class _Writing:
    """Tables being filled; a row put twice is one row."""

    def __init__(self, organizations: Mapping[str, Organization]) -> None:
        self.organizations = organizations
        self.rows: dict[str, dict[str, OutRow]] = {name: {} for name in COLUMNS}

    def confidential(self, alias: str, region: str, key: str) -> None:
        """Alias and region, under an organization that says nothing."""
        organization = self._put("organizations", _HIDDEN, key, name=_HIDDEN, description=_ABOUT)
        service = self._put("services", key, organization_id=organization, name=alias, alternate_name=alias)
        self._status(service, active=True)
        self._region(service, region)
        self._term(service, EXCHANGE, "confidential")

    def programme(self, listed: ProgrammeListed, participant: str) -> None:
        """A programme for which no publisher's record was imported."""
        organization = self._put("organizations", listed.participant_id, name=participant, description=_ABOUT)
        self._identifier(organization, listed.participant_id)
        service = self._put("services", listed.programme_id, organization_id=organization, name=listed.name)
        self._status(service, active=True)
        codes = {"": listed.services, "age:": listed.age_bands, "access:": listed.access}
        self._told(service, listed.languages, listed.region, codes, listed.programme_id)

    def service(self, service: Service) -> None:
        """A publisher's service, under its own identifiers."""
        held = self.organizations.get(service.organization_id or "")
        if held is None:
            return
        self.rows["organizations"][held.id] = {"id": held.id, "name": held.name, "description": _ABOUT}
        if held.participant_id:
            self._identifier(held.id, held.participant_id)
        row = {"id": service.id, "organization_id": held.id, "name": service.name}
        self.rows["services"][service.id] = row | {"last_modified": service.last_modified}
        self._status(service.id, active=service.active)
        codes = {"": service.services, "age:": service.age_bands, "access:": service.access}
        self._told(service.id, service.languages, service.region, codes, service.programme_id)

    def _told(
        self,
        service: str,
        languages: Iterable[str],
        region: str,
        codes: Mapping[str, Iterable[str]],
        programme_id: str | None,
    ) -> None:
        for code in languages:
            self._put("languages", service, code, service_id=service, name=code, code=code)
        self._region(service, region)
        for prefix, some in codes.items():
            for code in some:
                self._term(service, EXCHANGE if prefix else _NIEM, f"{prefix}{code}")
        if programme_id:
            self._term(service, EXCHANGE, f"programme:{programme_id}")
        self._ages(service, set(codes["age:"]))

    def _status(self, service: str, *, active: bool) -> None:
        self._add(service, {"status": "active" if active else "inactive"})

    def _ages(self, service: str, bands: set[str]) -> None:
        if bands == {"adult"}:
            self._add(service, {"minimum_age": "18"})
        elif bands == {"minor"}:
            self._add(service, {"maximum_age": "17"})

    def _add(self, service: str, cells: OutRow) -> None:
        self.rows["services"][service] = {**self.rows["services"][service], **cells}

    def _region(self, service: str, region: str) -> None:
        if region:
            self._put("service_areas", service, service_id=service, name=region)

    def _identifier(self, organization: str, participant_id: str) -> None:
        self._put(
            "organization_identifiers",
            organization,
            organization_id=organization,
            identifier_scheme=EXCHANGE,
            identifier_type="participant",
            identifier=participant_id,
        )

    def _term(self, service: str, taxonomy: str, code: str) -> None:
        whole = self._put("taxonomies", taxonomy, name=taxonomy, description=taxonomy)
        term = self._put(
            "taxonomy_terms",
            taxonomy,
            code,
            code=code,
            name=code,
            description=code,
            taxonomy=taxonomy,
            taxonomy_id=whole,
        )
        self._put(
            "attributes",
            service,
            term,
            link_id=service,
            link_type="service",
            link_entity="service",
            taxonomy_term_id=term,
        )

    def _put(self, table: str, *key: str, **cells: str) -> str:
        """The row's id: the same for the same thing, whenever it is written."""
        row_id = str(uuid.uuid5(_NAMES, "\n".join((table, *key))))
        self.rows[table].setdefault(row_id, {"id": row_id, **cells})
        return row_id


def nested(out: Out) -> Iterator[dict[str, object]]:
    """Every service as HSDS 3 JSON, with its organization and what belongs to it."""
    organizations = {row["id"]: dict(row) for row in out["organizations"]}
    terms = {row["id"]: dict(row) for row in out["taxonomy_terms"]}
    identifiers = _grouped(out["organization_identifiers"], "organization_id")
    children = {table: _grouped(out[table], "service_id") for table in ("service_areas", "languages")}
    attributes = _grouped(out["attributes"], "link_id")
    for row in out["services"]:
        service: dict[str, object] = {
            name: int(cell) if name.endswith("_age") else cell
            for name, cell in row.items()
            if name != "organization_id" and cell
        }
        organization = organizations[row["organization_id"]]
        known = identifiers.get(organization["id"], [])
        service["organization"] = organization | {
            "organization_identifiers": _without(known, "organization_id")
        }
        for table, grouped in children.items():
            service[table] = _without(grouped.get(row["id"], []), "service_id")
        service["attributes"] = [
            {"id": a["id"], "link_type": a["link_type"], "link_entity": a["link_entity"]}
            | {"taxonomy_term": terms[a["taxonomy_term_id"]]}
            for a in attributes.get(row["id"], [])
        ]
        yield service


def _grouped(rows: Iterable[OutRow], column: str) -> dict[str, list[OutRow]]:
    found: dict[str, list[OutRow]] = {}
    for row in rows:
        found.setdefault(row[column], []).append(row)
    return found


def _without(rows: Iterable[OutRow], column: str) -> list[dict[str, str]]:
    return [{name: cell for name, cell in row.items() if name != column} for row in rows]
