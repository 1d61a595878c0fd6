"""What a simulator begins with: an empty pair of companies, the demo's firm, or a file's content."""

import random
from datetime import date
from pathlib import Path
from typing import Unpack

from fortnox_sim.installation import Installation
from fortnox_sim.json_format import Record, decode
from fortnox_sim.oauth.consent import LOOPBACK
from fortnox_sim.seeds import bulk
from fortnox_sim.seeds.demo_firm import FIRST, add_firm
from fortnox_sim.seeds.seed_file import add_app, add_content


def load_seed(
    installation: Installation, seed: str | Record, *, today: str | None, **counts: Unpack[bulk.BulkCounts]
) -> None:
    """Fill a new installation."""
    anchor = date.fromisoformat(today) if today else installation.clock.today()
    add_app(installation, "uku-demo", {"client_secret": "uku-demo-secret", "name": "Uku", "redirect_uris": [LOOPBACK]})
    if isinstance(seed, str) and seed in {"demo", "empty"}:
        add_firm(installation, anchor, full=seed == "demo")
        companies = [installation.company(str(FIRST))]
    else:
        content: Record = seed if isinstance(seed, dict) else decode(Path(seed).read_bytes())
        companies = [*add_content(installation, content, anchor)]
    rng = random.Random(f"bulk/{anchor}")  # noqa: S311  (repeatable on purpose)
    for company in companies[:1]:
        if company is not None:
            bulk.add_customers(company, counts.get("customers", 0), rng)
            bulk.add_articles(company, counts.get("articles", 0), rng)
            bulk.add_vouchers(company, counts.get("vouchers", 0), rng)


__all__ = ["load_seed"]
