"""How far a file is stands in columns, not in a JSON of counts. The column `counts` goes with a later release."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Last week's worker wrote counts: rows and place once somebody had confirmed, `stopped` when that person left.
COPY = """
    UPDATE uku_clientsheet SET
      state = CASE WHEN taken_in_at IS NOT NULL THEN 'imported' WHEN counts ? 'stopped' THEN 'stopped'
                   WHEN counts ? 'rows' THEN 'importing' ELSE 'reading' END,
      rows = coalesce((counts->>'rows')::int, 0), place = coalesce((counts->>'place')::int, 0),
      "new" = coalesce((counts->>'new')::int, 0), changed = coalesce((counts->>'changed')::int, 0),
      refused = coalesce((counts->>'refused')::int, 0), confirmed_by_id = (counts->>'by')::bigint
"""
KEPT_FOR_OLD_WORKERS = "ALTER TABLE uku_clientsheet ALTER COLUMN counts SET DEFAULT '{}'::jsonb"


def number(**facts):
    return models.PositiveIntegerField(db_default=0, default=0, **facts)


class Migration(migrations.Migration):
    dependencies = [("uku", '0030_books_of_summaries')]

    operations = [
        migrations.AddField(
            "importfile",
            "state",
            models.CharField(
                choices=[
                    ("reading", "Being read"),
                    ("unreadable", "Cannot be read"),
                    ("waiting", "Needs a decision"),
                    ("importing", "Being imported"),
                    ("stopped", "Stopped"),
                    ("imported", "Imported"),
                ],
                db_default="reading",
                default="reading",
                max_length=10,
            ),
        ),
        migrations.AddField(
            "importfile",
            "workbook",
            models.BinaryField(
                db_default=models.Value(b"", models.BinaryField()),
                default=b"",
                help_text="of which another sheet can be read",
            ),
        ),
        migrations.AddField(
            "importfile",
            "sheets",
            models.JSONField(
                db_default=models.Value([], models.JSONField()),
                default=list,
                help_text="names of those that a person sees",
            ),
        ),
        migrations.AddField("importfile", "sheet", number()),
        migrations.AddField("importfile", "heading_row", number(help_text="as numbered; 0: to be found")),
        migrations.AddField("importfile", "hidden_rows", number(help_text="that a filter hides")),
        migrations.AddField(
            "importfile",
            "hidden_choice",
            models.CharField(
                blank=True,
                choices=[("", "Not decided"), ("skip", "Skip"), ("import", "Import")],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
        migrations.AddField("importfile", "with_sum_line", models.BooleanField(db_default=False, default=False)),
        migrations.AddField(
            "importfile",
            "failure",
            models.CharField(
                blank=True, db_default="", default="", help_text="why it is unreadable", max_length=30
            ),
        ),
        migrations.AddField("importfile", "failed_at_row", number()),
        migrations.AddField(
            "importfile", "preview", models.JSONField(help_text="of a large file, what its page shows", null=True)
        ),
        migrations.AddField("importfile", "previewed_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "importfile",
            "confirmed_by",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField("importfile", "rows", number(help_text="below the headings, that are read")),
        migrations.AddField("importfile", "place", number(help_text="how many of them are compared or imported")),
        migrations.AddField("importfile", "new", number()),
        migrations.AddField("importfile", "changed", number()),
        migrations.AddField("importfile", "refused", number()),
        migrations.AlterField(
            "importfile", "content", models.BinaryField(help_text="a text as it came, or the rows of a sheet; empty: to be read")
        ),
        migrations.AlterField(
            "importfile",
            "encoding",
            models.CharField(blank=True, help_text="of a text file; empty: to be found", max_length=20),
        ),
        migrations.AlterField(
            "importfile", "columns", models.JSONField(default=list, help_text="empty: to be recognised")
        ),
        migrations.RunSQL(COPY, migrations.RunSQL.noop),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("importfile", "counts")],
            database_operations=[migrations.RunSQL(KEPT_FOR_OLD_WORKERS, migrations.RunSQL.noop)],
        ),
    ]
