"""Rows that were left out stand in a column of their own while a file is imported, and reasons are stored by their names."""

from django.db import migrations, models

NAME_REASONS = "UPDATE uku_clientsheet SET failure = upper(replace(failure, ' ', '_')) WHERE failure <> ''"
MOVE_ROWS = "UPDATE uku_clientsheet SET skipped = content, content = '' WHERE state = 'imported'"
# Rows of a sheet are packed otherwise than before, too.
READ_AGAIN = (
    "UPDATE uku_clientsheet SET preview = NULL, state = 'reading', content = CASE WHEN workbook = '' THEN content ELSE '' END"
    " WHERE state = 'waiting' AND (preview IS NOT NULL OR workbook <> '')"
)


class Migration(migrations.Migration):
    dependencies = [("uku", "0001_squashed_0031_import_file_states")]

    operations = [
        migrations.AddField(
            "importfile",
            "skipped",
            models.BinaryField(
                db_default=models.Value(b"", models.BinaryField()),
                default=b"",
                help_text="of a confirmed file: headings and the rows that were left out so far, as CSV",
            ),
        ),
        migrations.AlterField(
            "importfile",
            "failure",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="name of the FileReason why it is unreadable",
                max_length=30,
            ),
        ),
        migrations.RunSQL([NAME_REASONS, MOVE_ROWS, READ_AGAIN], migrations.RunSQL.noop),
        migrations.RunSQL("ALTER TABLE uku_clientsheet DROP COLUMN IF EXISTS counts", migrations.RunSQL.noop),
    ]
