"""Alembic's environment; files in ``versions`` are never edited once released."""
