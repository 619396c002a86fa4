"""The steps from one shape of the journal to the next, run by Alembic when the journal is opened."""
