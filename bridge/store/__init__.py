"""The journal on SQLAlchemy Core and SQLite: what came in, what was decided, what is to be done and what was done."""
