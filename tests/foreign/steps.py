"""What a foreign client did, step by step, and how each step ended."""

import json
import sys
from decimal import Decimal


class Steps:
    def __init__(self):
        self.found = {}
        self.errors = {}

    def run(self, name, act):
        """Keep what a step gave, or the class and the beginning of its error."""
        self.found[name] = None
        try:
            self.found[name] = act()
        except Exception as error:  # noqa: BLE001  (whatever a client raises is what it did)
            self.errors[name] = f"{type(error).__name__}: {str(error)[:400]}"

    def print(self):
        sys.stdout.write(json.dumps({"found": self.found, "errors": self.errors}, default=describe) + "\n")


def describe(value):
    return float(value) if isinstance(value, Decimal) else str(value)[:200]
