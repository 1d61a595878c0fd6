"""Which kinds of data fail, as pages read it. Every connection is reviewed at once afterwards, which fills it."""

import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

from uku.kit.scoping import composite_key

REVIEW_ALL = """
    UPDATE fortnox_connection SET reviewed_at = NULL;
    UPDATE fortnox_duework SET real_due_at = clock_timestamp(), wake_no = wake_no + 1;
"""

class Migration(migrations.Migration):

    dependencies = [
        ('fortnox', '0024_constraint_follows_its_column'),
        ('uku', '0013_import_files'),
    ]

    operations = [
        migrations.CreateModel(
            name='FailingKind',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=15)),
                ('refused', models.BooleanField(default=False, help_text='Fortnox said for good that this is not permitted')),
                ('refused_code', models.CharField(blank=True, max_length=20)),
                ('failing_since', models.DateTimeField(help_text='since when errors are seen that pass by themselves', null=True)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='fortnox.connection')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(fields=('connection', 'kind'), name='fortnox_failing_kind_once')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.RunSQL(*composite_key("fortnox_failingkind", "connection_id", "fortnox_connection")),
        migrations.RunSQL(REVIEW_ALL, migrations.RunSQL.noop),
    ]
