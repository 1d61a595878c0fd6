"""Clients from a file and to one: CSV and XLSX (B06, B20)."""
