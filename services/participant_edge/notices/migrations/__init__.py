"""Alembic migrations of the notices' tables."""
