"""A process of ours writes no error's text into its log, and leaves no image of its memory."""

import logging
import subprocess
import sys
from collections.abc import Callable

import pytest

from participant_edge.edge import Refused
from referral_exchange.runtime import process

PERSON = "Zephyrine Quillfeather"


def written(say: Callable[[logging.Logger], None], name: str = "somebody") -> str:
    """What a process of ours would write."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.setFormatter(process.PlaceOnly(process.LINE))
    handler.emit = lambda record: lines.append(handler.format(record))  # type: ignore[method-assign]
    logger = logging.Logger(name)
    logger.addHandler(handler)
    say(logger)
    assert len(lines) == 1
    return lines[0]


def _raised(log: logging.Logger) -> None:
    try:
        try:
            raise KeyError(PERSON)
        except KeyError as error:
            raise ValueError(f"no such person: {PERSON}") from error
    except ValueError:
        log.exception("a request failed")


def test_a_traceback_shows_classes_and_places() -> None:
    said = written(_raised)
    assert "a request failed" in said
    assert "ValueError\n  test_process_begins.py:" in said
    assert "KeyError\n" in said
    assert " _raised" in said
    assert PERSON not in said


def test_a_traceback_that_another_handler_wrote_already_is_not_taken_over() -> None:
    said: list[str] = []

    class Usual(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(logging.Formatter().format(record))

    def both(log: logging.Logger) -> None:
        log.handlers.insert(0, Usual())
        _raised(log)

    assert PERSON not in written(both)
    assert PERSON in said[0], "the usual formatter shows it, and keeps it on the record"


@pytest.mark.parametrize("pattern", ["it failed: %s", "it failed: %r", "it failed: %(error)s"])
def test_an_error_of_others_is_told_by_its_class(pattern: str) -> None:
    error = ValueError(PERSON)
    said = written(lambda log: log.error(pattern, {"error": error} if "(" in pattern else error))
    assert "it failed: " in said
    assert "ValueError" in said
    assert PERSON not in said


def test_an_error_of_ours_says_what_to_do() -> None:
    refused = Refused("denied", "Ask for a consent first.")
    assert "denied" in written(lambda log: log.error("refused: %s", refused))


def test_what_asyncio_says_of_a_task_is_not_repeated() -> None:
    message = f"Task exception was never retrieved\nfuture: <Task exception=ValueError('{PERSON}')>"
    said = written(lambda log: log.error(message, exc_info=(ValueError, ValueError(PERSON), None)), "asyncio")
    assert PERSON not in said
    assert said.endswith("a task or a callback failed or was slow\nValueError")


ENDS = f"""
import asyncio, gc, logging, resource, sys, threading
from referral_exchange.runtime import process

PERSON = {PERSON!r}
process.begin()


def fails(*_):
    raise ValueError(PERSON)


class Fails:
    def __del__(self):
        raise ValueError(PERSON)


thread = threading.Thread(target=fails)
thread.start()
thread.join()
Fails()


async def forgets():
    asyncio.get_running_loop().call_soon(fails, PERSON)
    await asyncio.sleep(0)
    asyncio.get_running_loop().create_task(raises(PERSON))
    await asyncio.sleep(0)


async def raises(who):
    raise ValueError(who)


asyncio.run(forgets())
gc.collect()
logging.getLogger("httpx").info("GET http://provider.example/Patient?name=%s", PERSON)
logging.getLogger("uvicorn.error").error("Exception in ASGI application", exc_info=ValueError(PERSON))
print(resource.getrlimit(resource.RLIMIT_CORE))
fails()
"""


def test_however_a_process_fails_its_log_holds_no_value() -> None:
    done = subprocess.run([sys.executable, "-c", ENDS], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == "(0, 0)\n"
    assert PERSON not in done.stderr
    for said in (
        "a thread failed: ValueError at ",
        "an error nobody could catch: ValueError at ",
        "asyncio a task or a callback failed",
        "uvicorn.error Exception in ASGI application\nValueError",
        "the process stops\nValueError",
    ):
        assert said in done.stderr, said


def test_without_it_the_same_failures_show_everything() -> None:
    usual = ENDS.replace("process.begin()", "")
    done = subprocess.run([sys.executable, "-c", usual], capture_output=True, text=True, check=False)
    assert done.stderr.count(PERSON) >= 4
