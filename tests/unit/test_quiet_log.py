"""A line that comes forty times a second is said once in a while."""

import logging

from referral_exchange.runtime.quiet import OncePerWhile


def line(text: str, level: int = logging.WARNING) -> logging.LogRecord:
    return logging.LogRecord("kafka", level, "here", 1, text, (), None)


def test_the_first_of_each_kind_passes_and_the_next_wait() -> None:
    quiet = OncePerWhile(60)
    assert quiet.filter(line("FAIL one"))
    assert not quiet.filter(line("FAIL another"))
    assert quiet.filter(line("FAIL worse", logging.ERROR))
    assert quiet.filter(line("_TRANSPORT from the Kafka client"))


def test_after_a_while_it_is_said_again() -> None:
    impatient = OncePerWhile(0)
    assert impatient.filter(line("FAIL one"))
    assert impatient.filter(line("FAIL one"))
