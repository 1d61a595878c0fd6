"""References stay inside one workspace."""

from django.db import migrations

from uku.kit.scoping import composite_key

KEYS = [
    ("fortnox_customerrecord", "client_id", "uku_client"),
    ("fortnox_customerrecord", "suggested_id", "uku_client"),
    ("fortnox_push", "invoice_id", "uku_invoice"),
]


class Migration(migrations.Migration):
    dependencies = [("fortnox", "0002_initial"), ("uku", "0002_one_workspace")]
    operations = [migrations.RunSQL(*composite_key(*key)) for key in KEYS]
