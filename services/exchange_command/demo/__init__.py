"""One night on the exchange, live in the terminal: `exchange demo`."""
