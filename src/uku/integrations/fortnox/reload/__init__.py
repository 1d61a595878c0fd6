"""Reload data: everything read from Fortnox once more, in the background, one at a time, with a report at the end."""
