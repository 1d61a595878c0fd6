"""How Fortnox makes what goes out, whether it is booked there, and that a person wants it cancelled."""

from django.db import migrations, models

# What their notes sum to was not known until now: they are read once more.
READ_AGAIN = """
UPDATE fortnox_push SET read_due_at = clock_timestamp() FROM uku_invoice
WHERE uku_invoice.id = invoice_id AND uku_invoice.credited AND fortnox_push.state = 'confirmed';
"""


class Migration(migrations.Migration):

    dependencies = [
        ('fortnox', '0028_invoice_comparisons'),
        ('uku', '0019_credit_notes'),
    ]

    operations = [
        migrations.AddField(
            model_name='invoiceexport',
            name='cancel_refusal',
            field=models.CharField(blank=True, db_default='', default='', help_text='why Fortnox did not cancel it', max_length=500),
        ),
        migrations.AddField(
            model_name='invoiceexport',
            name='cancel_wanted_at',
            field=models.DateTimeField(help_text='until it is cancelled or that is refused', null=True),
        ),
        migrations.AddField(
            model_name='invoiceexport',
            name='cancelled_at',
            field=models.DateTimeField(help_text='when Fortnox had cancelled it for us', null=True),
        ),
        migrations.AddField(
            model_name='invoiceexport',
            name='foreign_note',
            field=models.CharField(blank=True, db_default='', default='', help_text='the credit note that was made in Fortnox', max_length=30),
        ),
        migrations.AddField(
            model_name='invoiceexport',
            name='kind',
            field=models.CharField(choices=[('create', 'Create'), ('credit', 'Credit')], db_default='create', default='create', max_length=10),
        ),
        migrations.AddField(
            model_name='invoiceexport',
            name='to_book',
            field=models.BooleanField(db_default=True, default=True, help_text='false under the cash method'),
        ),
        migrations.AlterField(
            model_name='invoiceexport',
            name='state',
            field=models.CharField(choices=[('queued', 'Queued'), ('sending', 'Sending'), ('uncertain', 'Not confirmed by Fortnox'), ('confirmed', 'In Fortnox'), ('rejected', 'Fortnox refused it'), ('needs_person', 'Needs a decision'), ('held', 'Not sent: send it yourself'), ('cancelled', 'Not sent: cancelled')], default='queued', max_length=15),
        ),
        migrations.AddIndex(
            model_name='invoiceexport',
            index=models.Index(condition=models.Q(('cancel_wanted_at__isnull', False)), fields=['workspace', 'company_id'], name='fortnox_push_cancel'),
        ),
        migrations.RunSQL(READ_AGAIN, migrations.RunSQL.noop),
    ]
