"""F-tax that nobody stated is null, and each fact of a company knows who stated it.

Before this, F-tax was false wherever nobody had said that it was approved: the card called that "Not stated". Who
edited the card by hand stands in the audit log.
"""

from django.db import migrations, models

PERSONS = """
UPDATE uku_workspace SET fact_origins = stated.origins
FROM (
    SELECT workspace_id, jsonb_object_agg(name, 'person') AS origins
    FROM uku_auditentry, jsonb_object_keys(after) AS name
    WHERE action = 'company.edit'
    GROUP BY workspace_id
) AS stated
WHERE uku_workspace.id = stated.workspace_id
"""


class Migration(migrations.Migration):
    dependencies = [("uku", "0010_numbers_are_unique")]

    operations = [
        migrations.AddField(
            model_name="workspace",
            name="fact_origins",
            field=models.JSONField(
                db_default=models.Value({}, models.JSONField()),
                default=dict,
                help_text="who stated a fact of the card: `person`, or the slug of the integration that filled it",
            ),
        ),
        migrations.AlterField(
            model_name="workspace",
            name="f_tax",
            field=models.BooleanField(
                help_text="approved for F-tax or not; null: nobody has stated it", null=True
            ),
        ),
        migrations.RunSQL("UPDATE uku_workspace SET f_tax = NULL WHERE NOT f_tax", migrations.RunSQL.noop),
        migrations.RunSQL(PERSONS, migrations.RunSQL.noop),
    ]
