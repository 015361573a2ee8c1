"""What every verb needs: the platform that the environment names, and a console to show it on."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from rich.console import Console

from exchange_command.enrolled import network_of
from exchange_command.places import from_environment
from exchange_command.platform import Platform
from exchange_command.progress import Reporter, Shown, Silent

_INTERRUPTED = 130
"""Exit code of what SIGINT ended, as shells have it."""


def platform_here(reporter: Reporter | None = None) -> Platform:
    """The platform of EXCHANGE_HOME, EXCHANGE_CACHE and EXCHANGE_PORT_BASE.

    Raises WrongSetting, NetworkUnreadable.
    """
    places = from_environment()
    return Platform(places, network_of(places), reporter or Silent())


@contextmanager
def at_work(*, beside: bool = False) -> Iterator[tuple[Console, Reporter]]:
    """A console, and a reporter that draws on it for as long as this is open.

    `beside`: on standard error, where standard output is for a program.
    """
    console = Console(highlight=False, stderr=beside)
    shown = Shown(console)
    before = signal.signal(signal.SIGINT, lambda *_: _break_off(console))
    try:
        with shown.shown():
            yield console, shown
    finally:
        signal.signal(signal.SIGINT, before)


def _break_off(console: Console) -> NoReturn:
    """Ends at once, as a crash would: threads that download or wait would hold up a gentler end."""
    console.show_cursor(True)
    os.write(2, b"\ninterrupted; the same command goes on from here\n")
    os._exit(_INTERRUPTED)
