"""Does the steps of a verb that administers, one after the other, and tells what became of each."""

import json
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console

from exchange_command import administration
from exchange_command.administration import Leaf, LeafUnwritten
from exchange_command.participant_setup import Step
from exchange_command.places import Places
from exchange_command.problem import Problem


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a step. `after_s`: seconds since the first began; `problem` empty: it worked."""

    step: str
    changed: bool
    after_s: float
    problem: str = ""


def recorded_at_best(places: Places, leaf: Leaf) -> bool:
    """As `administration.write`, for what cannot wait: where the log cannot be written, the leaf is owed."""
    try:
        administration.write(places, leaf, administration.QUICKLY_S)
    except LeafUnwritten:
        administration.write_later(places, leaf)
        return False
    return True


def do(steps: Iterable[Step]) -> list[Done]:
    """Each step in turn. Raises Problem at the first that fails: repeat the verb once it is mended."""
    began = time.monotonic()
    return [Done(name, act(), time.monotonic() - began) for name, act in steps]


def do_all(steps: Iterable[Step]) -> list[Done]:
    """Each step, whatever becomes of those before."""
    began, done = time.monotonic(), []
    for name, act in steps:
        try:
            done.append(Done(name, act(), time.monotonic() - began))
        except Problem as problem:
            done.append(Done(name, False, time.monotonic() - began, str(problem)))
    return done


def show(leaf: Leaf, done: list[Done], *, as_json: bool, leaf_written: bool = True) -> int:
    """Prints what became of it; 1 where something is left to do."""
    failed = [each for each in done if each.problem]
    if as_json:
        steps = [
            {
                "step": d.step,
                "changed": d.changed,
                "after_s": round(d.after_s, 3),
                "problem": d.problem or None,
            }
            for d in done
        ]
        told = {"action": leaf.action, "participant": leaf.about, "leaf": leaf_written, "steps": steps}
        print(json.dumps(told))
    else:
        _draw(leaf, done)
    if not leaf_written:
        print(
            f"THE LEDGER'S LOG DOES NOT SAY THAT {leaf.about} WAS EXPELLED. The leaf is kept here, and "
            "written by the next enrol, pause, resume, expel or rotate: bring the ledger up, repeat this.",
            file=sys.stderr,
        )
    return 0 if leaf_written and not failed else 1


def _draw(leaf: Leaf, done: list[Done]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold]{leaf.action}[/] {leaf.about}")
    for each in done:
        mark = "[red]✗[/]" if each.problem else "[green]✓[/]"
        said = each.problem or ("done" if each.changed else "stood so already")
        console.print(f"{mark} {each.step}: {said} ({each.after_s:.2f} s)")
