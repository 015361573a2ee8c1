"""Tells people, without saying what, that something waits for them; and systems, signed, what changed."""
