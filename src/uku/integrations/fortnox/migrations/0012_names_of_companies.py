"""Companies that were connected before get their name: from the connection, else from the audit log."""

from django.db import migrations

CONNECTED_BEFORE = """
    INSERT INTO fortnox_knowncompany (workspace_id, company_id, name, connected_at)
    SELECT DISTINCT ON (workspace_id, after->>'database')
      workspace_id, left(after->>'database', 30), left(after->>'company', 200), at
    FROM uku_auditentry
    WHERE action = 'fortnox.connect' AND after->>'database' <> '' AND after->>'company' <> ''
    ORDER BY workspace_id, after->>'database', at DESC
"""
CONNECTED_NOW = """
    INSERT INTO fortnox_knowncompany (workspace_id, company_id, name, connected_at)
    SELECT workspace_id, company_id, company_name, coalesce(authorized_at, clock_timestamp())
    FROM fortnox_connection WHERE company_id <> ''
    ON CONFLICT (workspace_id, company_id) DO UPDATE SET name = EXCLUDED.name
"""


class Migration(migrations.Migration):
    dependencies = [("fortnox", "0011_known_companies")]
    operations = [migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (CONNECTED_BEFORE, CONNECTED_NOW)]
