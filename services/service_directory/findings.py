"""What is wrong with a row, where, and how to mend it. Never what the row says."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

AT_MOST = 1000
"""Findings that a report shows; the rest are counted."""

Severity = Literal["error", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`row` is the row of a table as a spreadsheet counts it (its head is row 1), or a place in JSON.

    An error keeps its row out; a note does not. `wrong` and `mend` are our words: no value is repeated.
    """

    file: str
    row: str
    column: str
    code: str
    wrong: str
    mend: str
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands: its file and its row there."""

    file: str
    row: str

    def error(self, column: str, code: str, wrong: str, mend: str) -> Finding:
        """This row cannot be taken."""
        return Finding(self.file, self.row, column, code, wrong, mend)

    def note(self, column: str, code: str, wrong: str, mend: str) -> Finding:
        """This row can be taken; something is worth knowing."""
        return Finding(self.file, self.row, column, code, wrong, mend, "note")


@dataclass(frozen=True, slots=True)
class Report:
    """What came of an import. `applied`: whether anything was stored and published."""

    import_id: str
    applied: bool
    organizations: int
    services: int
    programmes: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(finding.severity == "error" for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """The report as the API answers it; at most `AT_MOST` findings, errors first."""
        ordered = sorted(self.findings, key=lambda finding: finding.severity != "error")
        return {
            "import_id": self.import_id,
            "applied": self.applied,
            "organizations": self.organizations,
            "services": self.services,
            "programmes": list(self.programmes),
            "errors": self.errors,
            "notes": len(self.findings) - self.errors,
            "findings": [asdict(finding) for finding in ordered[:AT_MOST]],
            "left_out": max(0, len(ordered) - AT_MOST),
        }


def has_errors(findings: Iterable[Finding]) -> bool:
    """Whether any finding is an error."""
    return any(finding.severity == "error" for finding in findings)
