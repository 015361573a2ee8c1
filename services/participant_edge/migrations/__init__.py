"""Alembic migrations of an edge's own database."""
