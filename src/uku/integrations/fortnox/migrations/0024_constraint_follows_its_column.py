"""The reference of a sync issue to its export is named after its column, `export_id` since migration 0017."""

from django.db import migrations

OLD, NEW = "fortnox_problem_push_id_same_workspace", "fortnox_problem_export_id_same_workspace"


class Migration(migrations.Migration):

    dependencies = [("fortnox", "0023_due_work")]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE fortnox_problem RENAME CONSTRAINT {OLD} TO {NEW}",
            f"ALTER TABLE fortnox_problem RENAME CONSTRAINT {NEW} TO {OLD}",
        )
    ]
