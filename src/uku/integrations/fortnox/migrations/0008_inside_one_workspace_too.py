"""What a run passed over has a table of its own; references of the new tables stay inside one workspace."""

from django.db import migrations

from uku.kit.scoping import composite_key

KEYS = [
    ("fortnox_passedover", "run_id", "fortnox_run"),
    ("fortnox_run", "reload_id", "fortnox_reload"),
]


class Migration(migrations.Migration):
    dependencies = [("fortnox", "0007_carried_over")]
    operations = [
        migrations.RemoveField(model_name="run", name="passed_over"),
        *(migrations.RunSQL(*composite_key(*key)) for key in KEYS),
    ]
