"""What one check of `exchange doctor` found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`says` is what is so; `remedy` is what to do about it, empty where nothing is wrong."""

    check: str
    says: str
    remedy: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.remedy
