"""What earlier runs and connections held takes its new place. A firm that imports already has done its first import."""

from django.db import migrations

PASSED_OVER = """
    INSERT INTO fortnox_passedover (workspace_id, run_id, number, name, reason)
    SELECT run.workspace_id, run.id, left(row->>'number', 1024), left(row->>'name', 1024), left(row->>'reason', 300)
    FROM fortnox_run run, jsonb_array_elements(run.passed_over) row
"""
FULL = 'UPDATE fortnox_run SET "full" = true WHERE since IS NULL'
DECIDED = """
    UPDATE fortnox_connection SET first_import_of = company_id WHERE EXISTS (
      SELECT FROM fortnox_run run
      WHERE run.workspace_id = fortnox_connection.workspace_id AND run.company_id = fortnox_connection.company_id
        AND run.kind = 'customers' AND run.state = 'done'
    )
"""


class Migration(migrations.Migration):
    dependencies = [("fortnox", "0006_decisions_and_reloads")]
    operations = [migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (PASSED_OVER, FULL, DECIDED)]
