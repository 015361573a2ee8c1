"""Where an office keeps its database in tests: a folder for SQLite, or a schema of a PostgreSQL database."""

from pathlib import Path
from urllib.parse import quote

from sqlalchemy import create_engine, text


def place_of(url: str, office: str) -> Path | str:
    """A folder for SQLite; in PostgreSQL a schema of the one database, made where it is absent."""
    if url.startswith("sqlite"):
        return Path(url.removeprefix("sqlite:///")).parent / office
    schema = office.replace("-", "_")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
    engine.dispose()
    return f"{url}&options={quote(f'-csearch_path={schema}')}"
