"""Columns that an installation from before the squashed migration still has, and that nothing reads."""

from django.db import migrations

UNUSED = """
ALTER TABLE fortnox_customerrecord DROP COLUMN IF EXISTS evidence;
ALTER TABLE fortnox_reload DROP COLUMN IF EXISTS text;
"""


class Migration(migrations.Migration):
    dependencies = [("fortnox", "0001_squashed_0033_work_statistics")]
    operations = [migrations.RunSQL(UNUSED, migrations.RunSQL.noop)]
