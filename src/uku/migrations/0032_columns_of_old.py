"""A column that an installation from before the squashed migration still has, and that nothing reads."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("uku", "0001_squashed_0031_import_file_states")]
    operations = [
        migrations.RunSQL("ALTER TABLE uku_clientsheet DROP COLUMN IF EXISTS counts;", migrations.RunSQL.noop)
    ]
