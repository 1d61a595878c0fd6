"""Models and fields get the field's standard names; tables keep theirs."""

import django.db.models.deletion
from django.db import migrations, models

RENAMED = (
    ("Push", "InvoiceExport", "fortnox_push"),
    ("Run", "SyncRun", "fortnox_run"),
    ("PassedOver", "SkippedRecord", "fortnox_passedover"),
    ("Problem", "SyncIssue", "fortnox_problem"),
)


class Migration(migrations.Migration):
    dependencies = [("fortnox", "0016_values_made_by_hand")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                step
                for old, new, table in RENAMED
                for step in (migrations.RenameModel(old, new), migrations.AlterModelTable(new, table))
            ]
        ),
        migrations.RenameField("connection", "trouble", "block_reason"),
        migrations.RenameField("connection", "trouble_text", "block_text"),
        migrations.RenameField("connection", "trouble_at", "blocked_at"),
        migrations.RenameField("syncrun", "trouble", "stop_reason"),
        migrations.RenameField("syncissue", "push", "export"),
        migrations.AlterField(
            "skippedrecord",
            "run",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="skipped_records", to="fortnox.syncrun"
            ),
        ),
    ]
