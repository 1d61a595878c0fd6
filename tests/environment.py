"""A pytest plugin that comes before all others: the environment in which Django's settings are read."""

import os

SUITE_KEYS = {
    "UKU_SECRET_KEY": "for-the-suite-only-for-the-suite-only-for-the-suite",
    "UKU_TOKEN_KEYS": "c3VpdGUtb25seS1zdWl0ZS1vbmx5LXN1aXRlLW9ubHk=",
    "UKU_PUBLIC_URL": "http://localhost:8720",
    "UKU_FORTNOX_CLIENT_ID": "uku-demo",
    "UKU_FORTNOX_CLIENT_SECRET": "uku-demo-secret",
    "UKU_FORTNOX_AUTH_URL": "http://127.0.0.1:1",
    "UKU_FORTNOX_API_URL": "http://127.0.0.1:1",
    "UKU_ALLOW_LOOPBACK_FORTNOX": "1",
    "UKU_LOG_LEVEL": "WARNING",
}

for name in ("DATABASE_URL", "MIGRATE_DATABASE_URL"):
    os.environ.pop(name, None)
os.environ.update(SUITE_KEYS)
