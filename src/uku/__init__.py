"""Uku: a practice-management workspace for accounting firms."""
