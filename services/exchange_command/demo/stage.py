"""Five columns side by side: what each party sees as the night goes on."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

COLUMNS = {
    "sender": ("Referring NGO", "cyan"),
    "recipient": ("Recipient", "green"),
    "operator": ("Operator", "yellow"),
    "broker": ("Broker bytes", "magenta"),
    "survivor": ("Survivor", "bright_white"),
}
"""Title and colour by column."""

_NARROW = 110


@dataclass(slots=True)
class Stage:
    """Keeps the last lines of each column. On a narrow screen, or in a pipe, it prints line by line."""

    console: Console
    quiet: bool = False
    pace_s: float = 0.0
    """Pause before each act but the first, so that a person can read the one before."""
    _lines: dict[str, list[Text]] = field(default_factory=lambda: {name: [] for name in COLUMNS})
    _act: str = ""
    _live: Live | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Shows the columns while the night lasts."""
        if self.quiet or not self.console.is_terminal or self.console.width < _NARROW:
            yield
            return
        with Live(console=self.console, auto_refresh=False) as self._live:
            try:
                yield
            finally:
                self._live = None

    def act(self, title: str) -> None:
        """Begins an act."""
        if self._act:
            time.sleep(self.pace_s)
        with self._lock:
            self._act = title
            if self._live is None and not self.quiet:
                self.console.rule(title, align="left")
            self._draw()

    def say(self, column: str, line: str, *, strong: bool = False) -> None:
        """Adds a line to a column."""
        title, colour = COLUMNS[column]
        with self._lock:
            self._lines[column].append(Text(line, style=f"bold {colour}" if strong else colour))
            if self._live is None and not self.quiet:
                self.console.print(Text(f"{title:>13}  ", style="dim") + self._lines[column][-1])
            self._draw()

    def _draw(self) -> None:
        if self._live is not None:
            self._live.update(self._picture(self.console.height - 4), refresh=True)

    def _picture(self, height: int) -> Group:
        table = Table(expand=True, show_edge=False, pad_edge=False)
        for title, colour in COLUMNS.values():
            table.add_column(title, ratio=1, style=colour, overflow="fold")
        # Folded lines take more than one row, so half the height in lines fits without scrolling.
        kept = max(4, (height - 4) // 2)
        table.add_row(*(Text("\n").join(self._lines[name][-kept:]) for name in COLUMNS))
        return Group(Panel(Text(self._act, style="bold")), table)
