"""References of the new tables stay inside one workspace."""

from django.db import migrations

from uku.kit.scoping import composite_key

KEYS = [
    ("fortnox_attempt", "link_id", "fortnox_consentlink"),
    ("fortnox_pendinggrant", "attempt_id", "fortnox_attempt"),
    ("fortnox_problem", "push_id", "fortnox_push"),
]


class Migration(migrations.Migration):
    dependencies = [("fortnox", "0004_lasting_connection"), ("uku", "0004_chained_audit")]
    operations = [migrations.RunSQL(*composite_key(*key)) for key in KEYS]
