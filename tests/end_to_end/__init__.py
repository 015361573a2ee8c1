"""The whole exchange, as people use it."""
