"""Where an office keeps its database in tests: a folder for SQLite, or a schema of a PostgreSQL database."""

from pathlib import Path
from urllib.parse import quote

from database_kit import filled
from sqlalchemy import create_engine, text

from participant_edge.migrating import migrate
from referral_exchange.databases import Database, Manner


def place_of(url: str, office: str) -> Path | str:
    """A folder for SQLite; a schema of the one database in PostgreSQL."""
    if url.startswith("sqlite"):
        return Path(url.removeprefix("sqlite:///")).parent / office
    return f"{url}&options={quote(f'-csearch_path={_schema(office)}')}"


def empty_place(url: str, office: str) -> Path | str:
    """The same; the schema is made where it is absent."""
    if not url.startswith("sqlite"):
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {_schema(office)}"))
        engine.dispose()
    return place_of(url, office)


def lay_out(url: str, *offices: str) -> None:
    """An edge's tables in the empty database at `url`; in PostgreSQL in the schema of each of `offices`."""
    for place in [url] if url.startswith("sqlite") else [str(empty_place(url, each)) for each in offices]:
        database = Database(place, Manner())
        with database.transaction() as connection:
            migrate(connection)
        database.close()


def laid_out(place: Path | str) -> Path | str:
    """`place`; a folder gets a file with an edge's tables, which takes less time than to make them."""
    if isinstance(place, Path) and not (place / "edge.db").exists():
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        (place / "edge.db").write_bytes(filled(lay_out))
    return place


def _schema(office: str) -> str:
    return office.replace("-", "_")
