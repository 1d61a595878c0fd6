from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("fortnox", "0009_bulk_creations"),
    ]

    operations = [
        migrations.AddField(
            model_name="customerrecord",
            name="invoiced_at",
            field=models.DateTimeField(help_text="when a person chose it among its client's to be invoiced", null=True),
        ),
    ]
