"""A person's own page: who got what, and what was opened; taking it back, asking, saying how it went."""
