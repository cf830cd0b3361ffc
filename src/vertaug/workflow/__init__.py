"""The steps in order for one case, with resume and provenance."""
