"""Alembic's revisions, run forward at start under a lock.

A rolling upgrade expands first and contracts a release later.
"""
