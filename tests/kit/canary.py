"""Searches everything that a test session wrote for the invented people, and fails the session where one is.

A pytest plugin. Only the first process searches, once every worker and every service is down.
"""

import logging
import os
import tempfile
import time
from pathlib import Path

import canary_hold
import canary_search
import people
import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = (
    *("consent_ledger", "exchange_command", "fhir_health", "ngo_bridge", "participant_edge"),
    *("referral_exchange", "referral_router", "service_directory", "status_board", "survivor_page"),
)
DECLARED: tuple[tuple[str, str], ...] = ()
"""Places where a person may stand, each with its reason. Copies of committed files need none."""

_SHOWN = 40


class Watch:
    """Gathers what workers report, and searches at the end."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._held = base / "held"
        self._output = self._held / "captured"
        self._held.mkdir(exist_ok=True)
        self.lines: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keeps what the test printed and logged, and its name."""
        with self._output.open("a", encoding="utf-8", errors="surrogateescape") as kept:
            kept.write(f"{report.nodeid}\n")
            for _title, text in report.sections:
                kept.write(f"{text}\n")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Searches; a hit makes the session fail."""
        if session.config.option.collectonly or exitstatus == pytest.ExitCode.INTERRUPTED:
            return
        start, texts = time.monotonic(), people.everything()
        told = canary_search.in_folder(self._base, texts)
        found = [each for each in told.found if not _may_stand(self._base, each.place)]
        self.lines = [
            f"{len(found)} hits of {len(texts)} texts of invented people in {told.files} files, "
            f"{told.size:,} bytes, searched in {time.monotonic() - start:.1f} s",
            *(f"{each.place} at {each.at}: text {each.number}, {each.writing}" for each in found[:_SHOWN]),
        ]
        if found or told.unreadable:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Says what was searched and found: the place, never the text."""
        if self.lines:
            terminalreporter.write_sep("=", "canary search")
            terminalreporter.write_line("\n".join(self.lines))


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """A test's name says of an invented person only that there is one; others are named as pytest does."""
    named = isinstance(val, str) and any(text in val for text in people.everything())
    return "a-person" if named else None


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Gives the session one folder for all that it writes, also for what is temporary."""
    for name in OURS:
        logging.getLogger(name).setLevel(logging.DEBUG)
    if hasattr(config, "workerinput"):
        return
    base: Path = config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
    config.pluginmanager.register(Watch(base), "canary-watch")
    os.environ[canary_hold.VARIABLE] = str(base / "held")
    os.environ["TMPDIR"] = str(_made(base / "temporary"))
    tempfile.tempdir = None


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def _may_stand(base: Path, place: str) -> bool:
    if any(Path(place).match(pattern) for pattern, _ in DECLARED):
        return True
    file = base / place
    return file.is_file() and _is_committed(file)


def _is_committed(copy: Path) -> bool:
    """Whether `copy` is a file of the repository, byte for byte, under the same name and folder."""
    parts = copy.parts
    originals = (ROOT.joinpath(*parts[n:]) for n in range(len(parts) - 1, 0, -1))
    return any(each.is_file() and each.read_bytes() == copy.read_bytes() for each in originals)
