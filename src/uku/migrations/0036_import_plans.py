"""A file is imported as it was planned: the preview holds the plan, and a file without one is read and confirmed anew."""

from django.db import migrations, models

# Rows that were imported already change nothing when they are imported again.
PLAN_ANEW = (
    "UPDATE uku_clientsheet SET state = 'reading', preview = NULL, skipped = '', confirmed_by_id = NULL,"
    " rows = 0, place = 0, new = 0, changed = 0, refused = 0,"
    " content = CASE WHEN workbook = '' THEN content ELSE '' END"  # rows of a sheet are packed otherwise than before, too
    " WHERE state IN ('importing', 'stopped') OR (state = 'waiting' AND (preview IS NOT NULL OR workbook <> ''))"
)


class Migration(migrations.Migration):
    dependencies = [("uku", "0035_disconnected_books")]

    operations = [
        migrations.RunSQL(PLAN_ANEW, migrations.RunSQL.noop),
        migrations.AlterField(
            "importfile",
            "state",
            models.CharField(
                choices=[
                    ("reading", "Being read"),
                    ("unreadable", "Cannot be read"),
                    ("waiting", "Needs a decision"),
                    ("importing", "Being imported"),
                    ("imported", "Imported"),
                ],
                db_default="reading",
                default="reading",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            "importfile",
            "preview",
            models.JSONField(
                help_text="of a large or a confirmed file: what its page shows, and what each row does", null=True
            ),
        ),
        migrations.AlterField(
            "importfile",
            "skipped",
            models.BinaryField(
                db_default=models.Value(b"", models.BinaryField()),
                default=b"",
                help_text="headings and the rows that are left out, as CSV",
            ),
        ),
    ]
