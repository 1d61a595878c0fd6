"""How properties with a database and a simulator are run: few examples, each a history, and none made smaller.

Making an example smaller would replay a history of seconds a thousand times. `make test` lives half of them, always the
same; `make histories` lives all.
"""

import os

from hypothesis import HealthCheck, Phase, settings


def histories(examples: int) -> settings:
    """Return the settings for so many histories."""
    return settings(
        max_examples=examples if os.environ.get("UKU_SOAK") else -(-examples // 2),
        stateful_step_count=20,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
