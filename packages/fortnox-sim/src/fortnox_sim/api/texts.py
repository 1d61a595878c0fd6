"""Addresses and fixed texts of answers."""

BASE = "https://api.fortnox.se/3"
