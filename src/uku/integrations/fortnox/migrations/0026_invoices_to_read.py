"""Which invoices are still to be read back: a run that was cut off goes on with them."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('fortnox', '0025_failing_kinds'),
        ('uku', '0013_import_files'),
    ]

    operations = [
        migrations.AddField(
            model_name='invoiceexport',
            name='read_due_at',
            field=models.DateTimeField(help_text='since when it is to be read back: a list showed a change', null=True),
        ),
        migrations.AddIndex(
            model_name='invoiceexport',
            index=models.Index(condition=models.Q(('read_due_at__isnull', False)), fields=['workspace', 'company_id'], name='fortnox_push_read_due'),
        ),
    ]
