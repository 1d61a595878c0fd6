"""The REST interface under /3."""
