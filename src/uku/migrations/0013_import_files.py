"""A file of clients is an import file in the code. The table and its columns keep their names: last week's worker runs."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("uku", "0012_worker_heartbeats")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameModel("ClientSheet", "ImportFile"),
                migrations.AlterModelTable("importfile", "uku_clientsheet"),
                migrations.RenameField("importfile", "taken_in_at", "imported_at"),
                migrations.AlterField(
                    model_name="importfile",
                    name="imported_at",
                    field=models.DateTimeField(db_column="taken_in_at", null=True),
                ),
            ]
        )
    ]
