"""Why a customer is linked or suggested gets columns; the next migration fills them."""
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('fortnox', '0019_steering_columns'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='customerrecord',
            name='against',
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name='customerrecord',
            name='agreed',
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name='customerrecord',
            name='fitting',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='how many clients fitted when it was suggested'),
        ),
        migrations.AddField(
            model_name='customerrecord',
            name='linked_because',
            field=models.CharField(blank=True, choices=[('organisation_number', 'Same organisation number'), ('vat_number', 'Same organisation number in the VAT number'), ('email', 'Same name and e-mail'), ('name', 'Same or similar name'), ('person', 'A person linked it'), ('created', 'The client was made from it'), ('unlinked', 'A person unlinked it')], db_default='', default='', max_length=20),
        ),
        migrations.AddField(
            model_name='customerrecord',
            name='linked_by',
            field=models.ForeignKey(help_text='or who unlinked it; empty: an import', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
    ]
