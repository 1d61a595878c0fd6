"""What an import does with a page: rows stored, clients placed, what rests or is gone, details."""
