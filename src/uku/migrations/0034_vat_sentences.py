"""The sentences on VAT that a firm writes itself."""

import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('uku', '0033_terms_of_the_company'),
    ]

    operations = [
        migrations.CreateModel(
            name='VatSentence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(choices=[('en', 'en'), ('sv', 'sv'), ('fi', 'fi'), ('et', 'et')], max_length=2)),
                ('vat_type', models.CharField(choices=[('domestic', 'VAT in Sweden'), ('reverse_charge', 'Reverse charge in Sweden'), ('eu_reverse_charge', 'Reverse charge within the EU'), ('eu_vat', 'VAT on sales within the EU'), ('export', 'Export outside the EU')], max_length=20)),
                ('supply', models.CharField(choices=[('goods', 'goods'), ('services', 'services')], max_length=10)),
                ('text', models.CharField(max_length=300)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(fields=('workspace', 'language', 'vat_type', 'supply'), name='uku_vatsentence_once')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
    ]
