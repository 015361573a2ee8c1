"""How every process of ours begins: log lines without anybody's data, no core dump, no error's text.

The text of an error that we did not write may quote what it failed on, and a core dump holds the whole
memory. Tracebacks show places only. `faulthandler` prints no values either, and stays off; nothing here
shows the local variables of a frame.
"""

import logging
import resource
import sys
import threading
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from referral_exchange.http_guard import place_of

LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"

CHATTY = (
    *("aiohttp.access", "aiokafka", "aiosmtplib", "alembic", "faust", "httpcore", "httpcore2", "httpx"),
    *("httpx2", "mode", "sqlalchemy", "urllib3", "uvicorn.access"),
)
"""Below a warning these tell of addresses, statements and bodies; above it, of trouble."""

OURS = frozenset(
    {
        *("consent_ledger", "exchange_command", "fhir_health", "ngo_bridge", "participant_edge"),
        *("referral_exchange", "referral_router", "service_directory", "status_board"),
    }
)
"""Packages whose errors have texts that we wrote."""

_QUOTES_WHAT_IT_RAN = "asyncio"
"""This logger puts the repr of tasks, their errors and arguments into its messages."""

_LOG = logging.getLogger(__name__)


def begin(*chatty: str) -> None:
    """Sets up this process, first thing in its `main`. `chatty`: further loggers that are not to be heard."""
    no_core_dumps()
    said = logging.StreamHandler()
    said.setFormatter(PlaceOnly(LINE))
    logging.basicConfig(level=logging.INFO, handlers=[said])
    for name in (*CHATTY, *chatty):
        logging.getLogger(name).setLevel(logging.WARNING)
    sys.excepthook = _uncaught
    sys.unraisablehook = lambda told: _LOG.error("an error nobody could catch: %s", _place(told.exc_value))
    threading.excepthook = lambda told: _LOG.critical("a thread failed: %s", _place(told.exc_value))


def no_core_dumps() -> None:
    """This process and those that it starts leave no image of their memory behind."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class PlaceOnly(logging.Formatter):
    """Writes an error as its class and the places it came through, never as its text."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and one more for each place of a traceback."""
        shown = logging.makeLogRecord(record.__dict__)
        shown.exc_text = None
        if record.name == _QUOTES_WHAT_IT_RAN and record.levelno >= logging.WARNING:
            shown.msg, shown.args = "a task or a callback failed or was slow", ()
        elif isinstance(record.args, Mapping):
            shown.args = {name: _shown(value) for name, value in record.args.items()}
        elif record.args:
            shown.args = tuple(_shown(value) for value in record.args)
        return super().format(shown)

    def formatException(self, ei: Any) -> str:
        """Class and places of the error, and of those behind it."""
        lines: list[str] = []
        error: BaseException | None = ei[1]
        while error is not None and len(lines) < 100:
            lines.append(type(error).__name__)
            lines += [
                f"  {frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(error.__traceback__)
            ]
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(lines)


def _shown(value: object) -> object:
    foreign = isinstance(value, BaseException) and type(value).__module__.split(".")[0] not in OURS
    return type(value).__name__ if foreign else value


def _place(error: BaseException | None) -> str:
    return "no error" if error is None else place_of(error)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.exit(130)
    _LOG.critical("the process stops", exc_info=(kind, error, trace))
