"""Work statistics: voucher series, what was counted, previews, and reloads that build months."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.manager
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('fortnox', '0032_invoice_addresses'),
        ('uku', '0031_import_file_states'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='reload',
            name='builds_months',
            field=models.BooleanField(db_default=False, default=False, help_text='months of the window without a summary task get one'),
        ),
        migrations.CreateModel(
            name='CountedSource',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('company_id', models.CharField(max_length=30)),
                ('source', models.CharField(max_length=20)),
                ('statistics', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=50), size=None)),
                ('first_month', models.DateField()),
                ('last_month', models.DateField()),
                ('locked_through', models.DateField(null=True)),
                ('counted_at', models.DateTimeField()),
                ('looked_at', models.DateTimeField()),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(fields=('workspace', 'company_id', 'source'), name='fortnox_counted_source_once')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='RequestedPreview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('company_id', models.CharField(max_length=30)),
                ('month', models.DateField()),
                ('asked_at', models.DateTimeField()),
                ('done_at', models.DateTimeField(null=True)),
                ('failed', models.CharField(blank=True, help_text='why it could not be counted', max_length=300)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(fields=('workspace', 'company_id'), name='fortnox_requested_preview_once')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='VoucherSeries',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('company_id', models.CharField(max_length=30)),
                ('code', models.CharField(max_length=10)),
                ('description', models.CharField(blank=True, max_length=200)),
                ('kind', models.CharField(choices=[('manual', 'Manual vouchers'), ('customer_invoice', 'Customer invoice vouchers'), ('customer_payment', 'Customer payment vouchers'), ('supplier_invoice', 'Supplier invoice vouchers'), ('supplier_payment', 'Supplier payment vouchers'), ('cash_invoice', 'Cash invoice vouchers'), ('vat', 'VAT vouchers'), ('salary', 'Salary vouchers'), ('depreciation', 'Depreciation vouchers'), ('accrual', 'Accrual vouchers'), ('other', 'Other vouchers')], max_length=20)),
                ('chosen_by', models.ForeignKey(help_text='empty: as Fortnox tells it', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(fields=('workspace', 'company_id', 'code'), name='fortnox_voucher_series_once')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
    ]
