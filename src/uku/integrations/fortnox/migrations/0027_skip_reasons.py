"""Why a record was skipped is a choice with a detail, so that its sentence is made when shown; labels of choices."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('fortnox', '0026_invoices_to_read'),
    ]

    operations = [
        migrations.AddField(
            model_name='skippedrecord',
            name='detail',
            field=models.CharField(blank=True, db_default='', default='', help_text='what could not be read, for whoever runs Uku', max_length=300),
        ),
        migrations.AlterField(
            model_name='authorizationattempt',
            name='outcome',
            field=models.CharField(blank=True, choices=[('connected', 'Connected'), ('waiting', 'A person must confirm the company'), ('refused', 'Refused')], db_default='', default='', max_length=10),
        ),
        migrations.AlterField(
            model_name='connection',
            name='block_reason',
            field=models.CharField(blank=True, choices=[('needs_authorization', 'Access was revoked or has expired'), ('no_licence', 'The integration licence is missing'), ('company_changed', 'The company changed owner'), ('unreadable', 'The key of the stored tokens is missing')], max_length=40),
        ),
        migrations.AlterField(
            model_name='customerrecord',
            name='linked_because',
            field=models.CharField(blank=True, choices=[('organisation_number', 'Same organisation number'), ('vat_number', 'Same organisation number in the VAT number'), ('email', 'Same name and e-mail'), ('name', 'Same or similar name'), ('person', 'Linked by a person'), ('created', 'Client created from it'), ('unlinked', 'Unlinked by a person')], db_default='', default='', max_length=20),
        ),
        migrations.AlterField(
            model_name='invoiceexport',
            name='hold',
            field=models.CharField(blank=True, choices=[('old', 'Dated more than 35 days ago'), ('earlier_year', 'Dated in an earlier financial year')], db_default='', default='', max_length=15),
        ),
        migrations.AlterField(
            model_name='invoiceexport',
            name='state',
            field=models.CharField(choices=[('queued', 'Queued'), ('sending', 'Sending'), ('uncertain', 'Not confirmed by Fortnox'), ('confirmed', 'In Fortnox'), ('rejected', 'Fortnox refused it'), ('needs_person', 'Needs a decision'), ('held', 'Not sent: send it yourself')], default='queued', max_length=15),
        ),
        migrations.AlterField(
            model_name='reload',
            name='block_reason',
            field=models.CharField(blank=True, choices=[('needs_authorization', 'Access was revoked or has expired'), ('no_licence', 'The integration licence is missing'), ('company_changed', 'The company changed owner'), ('unreadable', 'The key of the stored tokens is missing')], db_default='', default='', help_text='of the connection', max_length=40),
        ),
        migrations.AlterField(
            model_name='skippedrecord',
            name='reason',
            field=models.CharField(choices=[('inactive', 'Inactive in Fortnox'), ('deleted', 'Deleted in Fortnox'), ('unreadable', 'Could not be read'), ('not_stored', 'Could not be stored')], max_length=300),
        ),
        migrations.AlterField(
            model_name='syncrun',
            name='stop_reason',
            field=models.CharField(blank=True, choices=[('not_permitted', 'A permission or licence is missing'), ('company_changed', 'Another company was connected in the meantime')], max_length=20),
        ),
    ]
