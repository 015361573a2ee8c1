"""The only truth about consents and their keys: give, withdraw, expire, seal, open, list."""
