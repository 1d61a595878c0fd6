"""The control interface under /_sim/, and the start page."""
