"""Alembic's environment of the registry; versions lie in ``versions`` and are never edited once released."""
