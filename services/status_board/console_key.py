"""Who may act at the console: whoever has its key, which stands in a file of the owner's alone."""

import hashlib
import hmac
import secrets
import tomllib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Answer = Literal["opens", "wrong", "wait", "none"]
"""What became of a key that was typed; `none`: this console has no key that can be used."""

LONGEST_WAIT_S = 60.0
_MOST_CALLERS = 1024
_LEAST_LETTERS = 24

Steady = Callable[[], float]


@dataclass(slots=True)
class _Failures:
    count: int = 0
    until: float = 0.0


class ConsoleKey:
    """Compares in constant time, and makes whoever was wrong wait, longer each time."""

    def __init__(self, file: Path | None, steady: Steady) -> None:
        """`file`: a TOML file with `[console] key`, read at each try; `steady`: seconds that go forward."""
        self._file, self._steady = file, steady
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def tried(self, typed: str, caller: str) -> Answer:
        """Whether `typed` is the key. One caller's mistakes make nobody else wait."""
        expected = self._expected()
        if expected is None:
            return "none"
        if self.wait_s(caller) > 0:
            return "wait"
        if hmac.compare_digest(_mark(typed), expected):
            self._failures.pop(caller, None)
            return "opens"
        self._failed(caller)
        return "wrong"

    def wait_s(self, caller: str) -> float:
        """Seconds for which this caller is not heard."""
        known = self._failures.get(caller)
        return max(0.0, known.until - self._steady()) if known else 0.0

    def _failed(self, caller: str) -> None:
        known = self._failures.setdefault(caller, _Failures())
        self._failures.move_to_end(caller)
        known.count += 1
        known.until = self._steady() + min(LONGEST_WAIT_S, 2.0 ** (known.count - 1))
        if len(self._failures) > _MOST_CALLERS:
            self._failures.popitem(last=False)

    def _expected(self) -> bytes | None:
        """None where there is no file, others may read it, or it holds no key that is long enough."""
        try:
            if self._file is None or self._file.stat().st_mode & 0o077:
                return None
            key = tomllib.loads(self._file.read_text(encoding="utf-8"))["console"]["key"]
        except (OSError, KeyError, TypeError, ValueError):
            return None
        return _mark(key) if isinstance(key, str) and len(_letters(key)) >= _LEAST_LETTERS else None


class FormGuard:
    """A mark in each form, which no other site can read, so that none can send ours."""

    LASTS_S = 3600

    def __init__(self, steady: Steady) -> None:
        """Marks of an earlier process are of no use to this one."""
        self._secret = secrets.token_bytes(32)
        self._steady = steady

    def new(self) -> str:
        """A mark for a form that is shown now."""
        at = str(int(self._steady()))
        return f"{at}.{self._of(at)}"

    def holds(self, mark: str) -> bool:
        """Whether `mark` was made here, within the hour."""
        at, _, signed = mark.partition(".")
        if not at.isascii() or not at.isdigit() or len(at) > 12:
            return False
        fresh = 0 <= self._steady() - int(at) <= self.LASTS_S
        return hmac.compare_digest(signed.encode(), self._of(at).encode()) and fresh

    def _of(self, at: str) -> str:
        return hmac.new(self._secret, at.encode(), hashlib.sha256).hexdigest()


def _mark(key: str) -> bytes:
    """Of one length whatever was typed, and blind to how its letters are grouped."""
    return hashlib.sha256(_letters(key).encode()).digest()


def _letters(key: str) -> str:
    return "".join(key.split()).replace("-", "").lower()
