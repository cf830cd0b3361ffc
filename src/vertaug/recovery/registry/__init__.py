"""Patients by pseudonym, procedures, visits, scores, events, images; with an audit log."""
