"""The Human Services Data Specification, version 3, in and out. Nothing here is ever a place or a contact."""
