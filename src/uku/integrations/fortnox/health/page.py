"""Print docs/fortnox-errors.md: `python -m uku.integrations.fortnox.health.page`."""

from __future__ import annotations

import sys


def main() -> None:
    """Write the page to standard output. It needs the settings of an installation, but no database."""
    import django

    django.setup()
    from uku.integrations.fortnox.health.messages import explanations_page

    sys.stdout.write(explanations_page())


if __name__ == "__main__":
    main()
