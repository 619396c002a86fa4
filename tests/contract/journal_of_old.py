"""Journals as earlier versions left them."""

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config

import bridge.store
from bridge.store import database


def old_journal(folder: Path, revision: str) -> sqlite3.Connection:
    """A journal as the version of that revision left it."""
    with database.connect(database.engine(folder), write=True) as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(bridge.store.__file__).with_name("migrations")))
        with connection.begin():
            command.upgrade(config, revision)
            database.plant_seed(connection)
    return sqlite3.connect(folder / database.FILE_NAME)
