"""One import: read, judged row by row, and applied as a whole or, where asked, as far as it is right."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from referral_exchange import ids, vocabulary
from referral_exchange.runtime.lifecycle import Clock
from referral_exchange.settings import SettingsError
from service_directory.book import Book, View, listable_codes
from service_directory.findings import Report, has_errors
from service_directory.hsds import uploads
from service_directory.hsds.attributes import Codes
from service_directory.hsds.building import Enrolled, Known, build
from service_directory.hsds.writing import hidden_id
from service_directory.publications import Publications
from service_directory.taxonomy import Taxonomy, Terms, terms_of

TERMS = Path(__file__).with_name("taxonomy_terms.toml")


class TermsUnusable(Exception):
    """A map of terms names codes that do not exist; `nearest` tells codes by line."""

    def __init__(self, nearest: Mapping[int, tuple[str, ...]]) -> None:
        """`nearest`: by the number of the line, from 0."""
        super().__init__("map terms to codes of service_categories")
        self.nearest = nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What somebody hands over. `terms`: what the publisher calls NIEM's categories, for this import only."""

    name: str
    content: bytes
    only_valid: bool = False
    dry_run: bool = False
    terms: Mapping[str, str] = field(default_factory=dict)


def run(book: Book, upload: Upload, terms: Terms, clock: Clock) -> Report:
    """Judges the upload and applies it. With an error anywhere nothing is applied, unless `only_valid`.

    Raises TermsUnusable, StoreUnavailable.
    """
    taxonomy = _taxonomy(upload, terms)
    rows, unread = uploads.read(upload.name, upload.content)
    with book.undisturbed() as view:
        publications, wrong = build(rows, _known(view, taxonomy), clock.now())
        findings = (*unread, *wrong)
        takes = not upload.dry_run and (upload.only_valid or not has_errors(findings))
        taken = publications if takes else Publications()
        applied = bool(taken.services or taken.organizations)
        report = Report(ids.fresh(), applied, len(taken.organizations), len(taken.services), (), findings)
        if applied:
            return book.take(taken, report)
        book.keep(report)
        return report


def load_terms(path: Path = TERMS) -> dict[str, str]:
    """The map of terms in `path`. Raises SettingsError for one that names no code of ours."""
    try:
        lines = tomllib.loads(path.read_text(encoding="utf-8"))["terms"]
    except (OSError, tomllib.TOMLDecodeError, KeyError):
        raise SettingsError(f"{path.name} is no map of terms; it needs a table [terms]") from None
    good, bad = terms_of(lines, vocabulary.service_categories())
    if bad:
        raise SettingsError(f"{path.name}: {len(bad)} terms name no code of service_categories")
    return good


def taxonomy_of(terms: Terms) -> Taxonomy:
    """The categories of the vocabulary, with what others call them."""
    return Taxonomy(tuple(vocabulary.service_categories()), terms)


def _taxonomy(upload: Upload, terms: Terms) -> Taxonomy:
    own, bad = terms_of(upload.terms, vocabulary.service_categories())
    taxonomy = taxonomy_of({**terms, **own})
    if bad:
        lines = list(upload.terms)
        raise TermsUnusable({lines.index(said): taxonomy.nearest(upload.terms[said]) for said in bad})
    return taxonomy


def _known(view: View, taxonomy: Taxonomy) -> Known:
    codes, directory = listable_codes(), view.directory
    return Known(
        codes=Codes(taxonomy, codes.age_bands, codes.access),
        programmes={
            p.programme_id: Enrolled(p.participant_id, p.name, p.confidential)
            for p in directory.programmes.values()
            if p.role != "exchange_service"
        },
        participants=frozenset(i for i, p in directory.participants.items() if p.kind != "exchange_service"),
        organizations={o.id: o.participant_id for o in view.organizations.values()},
        services={s.id: s.last_modified for s in view.services.values()},
        own=frozenset(hidden_id(key) for key in _hidden(view)),
    )


def _hidden(view: View) -> set[str]:
    listed = {p.programme_id for p in view.directory.programmes.values() if p.confidential}
    return listed | {service.id for service in view.services.values() if service.confidential}
