"""What was typed into a form, and what is wrong with it. Nothing typed ever reaches a log or an address."""

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from starlette.datastructures import FormData

from referral_exchange.pages.words import fill

LONGEST = 200


@dataclass(frozen=True, slots=True, repr=False)
class Fault:
    """`field` is the id of the input to go to; `text` says what to do."""

    field: str
    text: str


@dataclass(slots=True, repr=False)
class Form:
    """One submitted form; an empty one stands for a page seen for the first time.

    Each service makes its own kind of it, which knows the texts of what may be wrong.
    """

    data: FormData = field(default_factory=FormData)
    faults: list[Fault] = field(default_factory=list)

    def errors(self) -> Mapping[str, str]:
        """What is said of each mistake, with `{names}` to fill in."""
        raise NotImplementedError

    def value(self, name: str) -> str:
        """What stands in `name`, tidied; empty where nothing does."""
        found = self.data.get(name, "")
        return _tidy(found) if isinstance(found, str) else ""

    def values(self, name: str) -> list[str]:
        """Everything chosen under `name`, each once."""
        return list(dict.fromkeys(_tidy(v) for v in self.data.getlist(name) if isinstance(v, str)))

    def has(self, name: str, value: str) -> bool:
        """Whether `value` was chosen under `name`."""
        return value in self.values(name)

    def fault(self, name: str) -> str:
        """What is wrong with `name`; empty where nothing is."""
        return next((fault.text for fault in self.faults if fault.field == name), "")

    def blame(self, name: str, error: str, **values: object) -> None:
        """Notes the text of `error` for `name`."""
        self.faults.append(Fault(name, fill(self.errors()[error], **values)))

    def choice(self, name: str, allowed: Collection[str], label: str) -> str:
        """One of `allowed`; blames `name` where it is not."""
        found = self.value(name)
        if found not in allowed:
            self.blame(name, "choose", label=label)
            return ""
        return found

    def choices(self, name: str, allowed: Collection[str]) -> list[str]:
        """Those of `allowed` that were chosen, in their given order."""
        chosen = set(self.values(name))
        return [code for code in allowed if code in chosen]

    def text(self, name: str, label: str, *, required: bool = False) -> str | None:
        """A short text; None where it was left out."""
        found = self.value(name)
        if len(found) > LONGEST:
            self.blame(name, "long", label=label)
        if required and not found:
            self.blame(name, "required", label=label)
        return found or None

    def number(self, name: str, label: str, least: int, most: int) -> int:
        """A whole number; blames `name` where it is none from `least` to `most`."""
        found = self.value(name)
        if not (found.isascii() and found.isdigit() and len(found) <= 4 and least <= int(found) <= most):
            self.blame(name, "number", label=label, least=least, most=most)
            return least
        return int(found)


def _tidy(text: str) -> str:
    """Without spaces around it and without control characters, which no form can need."""
    return "".join(c for c in text.strip() if unicodedata.category(c)[0] != "C")
