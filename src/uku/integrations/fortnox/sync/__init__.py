"""An import: its run, its pages, what it stores and what it skips; and the details of single records."""
