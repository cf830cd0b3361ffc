"""The steps in order for one case, with cache, resume and provenance."""
