"""A VAT rate that nobody wrote follows the draft's client."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('uku', '0036_import_plans'),
    ]

    operations = [
        migrations.AddField(
            model_name='invoicerow',
            name='rate_proposed',
            field=models.BooleanField(db_default=False, default=False, help_text="nobody wrote the rate: it follows the draft's client and product"),
        ),
    ]
