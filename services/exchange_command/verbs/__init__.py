"""One module a verb of `exchange`: `add_parser` says what it takes, `run` does it."""
