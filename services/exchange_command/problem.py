"""What stops a verb: shown to the person who typed it, with what to do about it."""


class Problem(Exception):
    """Base of everything the command line raises on purpose; its text says what to do."""
