"""Rows become organizations and services, each judged on its own. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from service_directory.findings import Finding, Place
from service_directory.hsds import attributes
from service_directory.hsds.attributes import Codes, Said
from service_directory.hsds.checks import LONGEST_REGION, age, as_time, region_fault, row_faults
from service_directory.hsds.references import dangling, each_once
from service_directory.hsds.tables import Row, Rows
from service_directory.publications import EXCHANGE, Organization, Publications, Service
from service_directory.taxonomy import by_name

ADULT_AT = 18


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A programme of the exchange, as far as an import must know it."""

    participant_id: str
    name: str
    confidential: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What stands already: enrolled programmes and participants, organizations, services by last change.

    `own`: identifiers under which the directory itself writes what is confidential.
    """

    codes: Codes
    programmes: Mapping[str, Enrolled] = field(default_factory=dict)
    participants: frozenset[str] = frozenset()
    organizations: Mapping[str, str | None] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    own: frozenset[str] = frozenset()


def build(rows: Rows, known: Known, now: datetime) -> tuple[Publications, list[Finding]]:
    """What can be taken of `rows`, and everything that is wrong. A row with an error is not among it."""
    findings: list[Finding] = []
    good = _sound(rows, known, now, findings)
    organizations = _organizations(good, known, findings)
    building = _Building(good, known, organizations, _said(good, known, findings), findings)
    services = tuple(filter(None, (building.service(row) for row in good.get("services", ()))))
    return Publications(tuple(organizations.values()), services), findings


def _sound(rows: Rows, known: Known, now: datetime, findings: list[Finding]) -> Rows:
    """The rows without those that are wrong by themselves, stand twice, or name what does not exist."""
    once: Rows = {}
    for table, found in rows.items():
        once[table], twice = each_once(table, found)
        findings.extend(twice)
    stored = {"organizations": frozenset(known.organizations), "services": frozenset(known.services)}
    wrong: set[Place] = set()
    # What is worth knowing of every row of a file is said once.
    noted: set[tuple[str, str]] = set()
    for _, row, finding in dangling(once, stored):
        findings.append(finding)
        wrong.add(row.place)
    for table, found in once.items():
        for row in found:
            faults = list(row_faults(table, row, now))
            findings.extend(f for f in faults if f.severity == "error" or (f.file, f.code) not in noted)
            noted |= {(fault.file, fault.code) for fault in faults if fault.severity == "note"}
            if any(fault.severity == "error" for fault in faults):
                wrong.add(row.place)
    return {table: [row for row in found if row.place not in wrong] for table, found in once.items()}


def _organizations(rows: Rows, known: Known, findings: list[Finding]) -> dict[str, Organization]:
    taken = {}
    joined = {}
    for row in rows.get("organization_identifiers", ()):
        if row["identifier_scheme"].casefold() != EXCHANGE:
            continue
        if row["identifier"] in known.participants:
            joined[row["organization_id"]] = row["identifier"]
        else:
            wrong = "no participant of the exchange has this name"
            findings.append(row.place.error("identifier", "unknown-participant", wrong, "enrol it first"))
    for row in rows.get("organizations", ()):
        participant = joined.get(row["id"], known.organizations.get(row["id"]))
        taken[row["id"]] = Organization(row["id"], row["name"], participant)
    return taken


def _said(rows: Rows, known: Known, findings: list[Finding]) -> dict[str, Said]:
    terms = {row["id"]: row for row in rows.get("taxonomy_terms", ())}
    taxonomies = {row["id"]: row["name"] for row in rows.get("taxonomies", ())}
    said: dict[str, Said] = {}
    for row in rows.get("attributes", ()):
        if row["link_entity"].removesuffix("s") != "service":
            continue
        term = terms.get(row["taxonomy_term_id"])
        if term is None:
            wrong = "no row of taxonomy_terms has this identifier"
            findings.append(
                row.place.error("taxonomy_term_id", "dangling", wrong, "add the term, or correct it")
            )
            continue
        one = said.setdefault(row["link_id"], Said())
        if fault := attributes.take(one, row, term, taxonomies, known.codes):
            findings.append(fault)
    return said


class _Building:
    """Services of one import being put together."""

    def __init__(
        self,
        rows: Rows,
        known: Known,
        organizations: Mapping[str, Organization],
        said: Mapping[str, Said],
        findings: list[Finding],
    ) -> None:
        self.known = known
        self.organizations = organizations
        self.said = said
        self.findings = findings
        self.areas = _by_service(rows.get("service_areas", ()))
        self.languages = _by_service(rows.get("languages", ()))

    def service(self, row: Row) -> Service | None:
        """The service of `row`; None where an error keeps it out."""
        if row["id"] in self.known.own:
            wrong = "this is what the directory itself writes of a confidential programme"
            self.findings.append(row.place.note("id", "own", wrong, "nothing to do"))
            return None
        said = self.said.get(row["id"], Said())
        found = [self._organization_fault(row), self._programme_fault(row, said), self._older_fault(row)]
        enrolled = self.known.programmes.get(said.programme_id or "")
        confidential = said.confidential or (enrolled is not None and enrolled.confidential)
        name = self._name(row, enrolled, confidential)
        if confidential:
            found.append(self._alias_fault(row, name))
        categories = said.categories or self._by_name(row)
        if not categories and not confidential:
            found.append(self._no_category(row))
        faults = [fault for fault in found if fault is not None]
        self.findings.extend(faults)
        if faults:
            return None
        return Service(
            id=row["id"],
            organization_id=None if confidential else row["organization_id"],
            name=name,
            active=row["status"] == "active",
            confidential=confidential,
            programme_id=said.programme_id,
            services=tuple(sorted(categories)),
            languages=self._languages(row["id"]),
            region=self._region(row["id"]),
            age_bands=tuple(sorted(said.age_bands or _age_bands(row))),
            access=tuple(sorted(said.access)),
            last_modified=row["last_modified"],
        )

    def _name(self, row: Row, enrolled: Enrolled | None, confidential: bool) -> str:
        if not confidential:
            return row["name"]
        return row["alternate_name"] or (enrolled.name if enrolled and enrolled.confidential else "")

    def _alias_fault(self, row: Row, alias: str) -> Finding | None:
        here = self.organizations.get(row["organization_id"])
        tells = here is not None and here.name.casefold() in alias.casefold()
        if alias and not tells:
            return None
        wrong = "the alias names the organization" if tells else "a confidential service has no alias"
        mend = "put an alias here that tells neither the organization nor a place"
        return row.place.error("alternate_name", "alias", wrong, mend)

    def _by_name(self, row: Row) -> set[str]:
        category = by_name((row["name"], row["alternate_name"]))
        if category is None:
            return set()
        wrong = f"no taxonomy term says what this is; its name says {category}"
        mend = "add an attribute with a taxonomy term where that is wrong"
        self.findings.append(row.place.note("name", "category-by-name", wrong, mend))
        return {category}

    def _no_category(self, row: Row) -> Finding:
        near = "; ".join(self.known.codes.taxonomy.nearest(row["name"]))
        wrong = "neither a taxonomy term nor its name says which kind of service this is"
        mend = f"add an attribute with a taxonomy term; the nearest codes are {near}"
        return row.place.error("name", "no-category", wrong, mend)

    def _organization_fault(self, row: Row) -> Finding | None:
        if row["organization_id"] in self.organizations or row["organization_id"] in self.known.organizations:
            return None
        wrong = "no organization that can be taken has this identifier"
        mend = "correct it, or import the organization in the same file"
        return row.place.error("organization_id", "dangling", wrong, mend)

    def _programme_fault(self, row: Row, said: Said) -> Finding | None:
        if said.programme_id is None or said.programme_row is None:
            return None
        place, column = said.programme_row.place, "taxonomy_term_id"
        enrolled = self.known.programmes.get(said.programme_id)
        if enrolled is None:
            wrong = "no programme of the exchange has this name"
            return place.error(column, "unknown-programme", wrong, "enrol the programme first")
        if self._participant(row["organization_id"]) != enrolled.participant_id:
            wrong = "the programme is not one of this organization"
            mend = f"give the organization an identifier of scheme {EXCHANGE} that names its participant"
            return place.error(column, "not-your-programme", wrong, mend)
        return None

    def _participant(self, organization_id: str) -> str | None:
        here = self.organizations.get(organization_id)
        return here.participant_id if here else self.known.organizations.get(organization_id)

    def _older_fault(self, row: Row) -> Finding | None:
        held, given = as_time(self.known.services.get(row["id"], "")), as_time(row["last_modified"])
        if held is None or given is None or given >= held:
            return None
        wrong = "a newer version of this record was imported already"
        return row.place.error("last_modified", "older", wrong, "export the present version and import that")

    def _languages(self, service_id: str) -> tuple[str, ...]:
        return tuple(sorted({row["code"].lower() for row in self.languages.get(service_id, ())}))

    def _region(self, service_id: str) -> str:
        named = []
        for row in self.areas.get(service_id, ()):
            if region_fault(row["name"]):
                wrong = "this is no region's name, so no region is listed"
                mend = f"name the region in at most {LONGEST_REGION} characters"
                self.findings.append(row.place.note("name", "region", wrong, mend))
            elif row["name"]:
                named.append(row["name"])
        together = ", ".join(dict.fromkeys(named))
        return together if len(together) <= LONGEST_REGION else named[0]


def _by_service(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["service_id"], []).append(row)
    return found


def _age_bands(row: Row) -> Sequence[str]:
    least, most = age(row["minimum_age"]), age(row["maximum_age"])
    if least is None and most is None:
        return ()
    bands = (("adult", most is None or most >= ADULT_AT), ("minor", least is None or least < ADULT_AT))
    return [band for band, holds in bands if holds]
