"""Books that are not connected make no summary tasks."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('uku', '0034_vat_sentences'),
    ]

    operations = [
        migrations.AddField(
            model_name='summaryplan',
            name='disconnected_at',
            field=models.DateTimeField(help_text='since when its own books are not connected', null=True),
        ),
    ]
