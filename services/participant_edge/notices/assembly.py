"""Puts notices together for the process that hosts an edge."""

import os
from pathlib import Path

from sqlalchemy import URL
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from participant_edge.edge import Edge
from participant_edge.notices import settings as sections
from participant_edge.notices.notices import Notices
from participant_edge.notices.store import NoticeStore, StoreAway
from participant_edge.own_memory import open_memory
from referral_exchange.settings import Settings, SettingsError


def notices_of(edge: Edge, settings: Settings) -> Notices | None:
    """The notices that `[notices]` describes; None without that section. Raises SettingsError.

    Their database is `notices.db` in the edge's data folder, unless the section names another. A thread
    that cannot go on ends the process with 70.
    """
    if settings.notices is None:
        return None
    told = sections.from_section(settings.notices)
    folder = Path(settings.need("data"))
    url = told.database or URL.create("sqlite", database=str(folder / "notices.db"))
    memory = open_memory(Path(settings.need("keys")), str(settings.need("participant")))
    return Notices(edge, told, _store(url), memory, on_failure=_end_process)


def _store(url: str | URL) -> NoticeStore:
    try:
        return NoticeStore(url)
    except StoreAway as error:
        raise SettingsError(f"[notices] database: {error}") from None
    except OSError as error:
        raise SettingsError(
            f"[notices] database: its folder cannot be used ({type(error).__name__})"
        ) from None
    except (ArgumentError, NoSuchModuleError, ImportError):
        raise SettingsError("[notices] database must be a URL such as postgresql+psycopg://...") from None


def _end_process() -> None:
    # A thread of a web server cannot raise for its process; an edge that tells nobody must not look well.
    os._exit(70)
