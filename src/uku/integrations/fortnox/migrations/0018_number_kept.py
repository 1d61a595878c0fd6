"""That an invoice keeps its number outside Fortnox is a column of its own, and no code of an error."""

from django.db import migrations, models

CARRIED_OVER = """
UPDATE fortnox_push SET number_kept = true, error_code = 'number_used' WHERE error_code = 'number_kept';
"""
BACK = "UPDATE fortnox_push SET error_code = 'number_kept' WHERE number_kept;"


class Migration(migrations.Migration):
    dependencies = [("fortnox", "0017_names_of_the_field")]

    operations = [
        migrations.AddField(
            "invoiceexport",
            "number_kept",
            models.BooleanField(
                default=False, db_default=False, help_text="a person let the invoice keep its number outside Fortnox"
            ),
        ),
        migrations.RunSQL(CARRIED_OVER, BACK),
    ]
