"""Clients from a file and to one: CSV and XLSX (reliability B06, B20)."""
