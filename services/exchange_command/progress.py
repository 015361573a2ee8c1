"""What a person sees while the platform works: bars for downloads, a line a step."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)


class Reporter(Protocol):
    """Where work is reported. Called from several threads."""

    def step(self, what: str) -> AbstractContextManager[None]:
        """Open while `what` is being done."""

    def files(self, count: int) -> AbstractContextManager[None]:
        """Open while `count` files are fetched."""

    def file(self, name: str, size: int) -> AbstractContextManager[Callable[[int], None]]:
        """Open while one file of `size` bytes arrives; yields what takes the bytes."""


class Silent:
    """Reports nothing."""

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """See Reporter."""
        yield

    @contextmanager
    def files(self, count: int) -> Iterator[None]:
        """See Reporter."""
        yield

    @contextmanager
    def file(self, name: str, size: int) -> Iterator[Callable[[int], None]]:
        """See Reporter."""
        yield lambda _count: None


class Shown:
    """Reports on a console; where that is no terminal, one plain line when a step is done."""

    def __init__(self, console: Console) -> None:
        """Nothing is drawn before `shown`."""
        self._console = console
        self._steps = Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        self._bars = Progress(
            TextColumn("  {task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
        )
        self._total = Progress(TextColumn("  fetched"), BarColumn(), MofNCompleteColumn())
        self._fetched = self._total.add_task("", visible=False)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Draws for as long as it is open; the bars vanish at the end, the lines stay."""
        with Live(Group(self._steps, self._total, self._bars), console=self._console, transient=True):
            yield

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """See Reporter."""
        began = time.monotonic()
        task = self._steps.add_task(what, total=None)
        try:
            yield
        except BaseException:
            self._console.print(f"[red]x[/] {what}")
            raise
        else:
            self._console.print(f"[green]✓[/] {what} [dim]{time.monotonic() - began:.1f} s[/]")
        finally:
            self._steps.remove_task(task)

    @contextmanager
    def files(self, count: int) -> Iterator[None]:
        """See Reporter."""
        self._total.reset(self._fetched, total=count, visible=True)
        try:
            yield
        finally:
            self._total.update(self._fetched, visible=False)

    @contextmanager
    def file(self, name: str, size: int) -> Iterator[Callable[[int], None]]:
        """See Reporter."""
        task = self._bars.add_task(name, total=size)
        try:
            yield lambda count: self._bars.advance(task, count)
            self._total.advance(self._fetched)
        finally:
            self._bars.remove_task(task)
