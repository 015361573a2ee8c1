"""Everything that a participant needs to leave the exchange, in one file of open formats."""
