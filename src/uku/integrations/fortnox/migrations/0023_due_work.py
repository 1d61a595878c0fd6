"""What is due, what was asked for and which steps rest. Every connection is looked at once afterwards."""

import django.db.models.deletion
import django.db.models.manager
from django.conf import settings
from django.db import migrations, models

from uku.kit.scoping import composite_key

EVERY_CONNECTION = """
    INSERT INTO fortnox_duework (connection_id, workspace_id, wake_no, real_due_at, fence)
    SELECT id, workspace_id, 0, clock_timestamp(), 0 FROM fortnox_connection
"""
KEYS = [
    ("fortnox_duework", "connection_id", "fortnox_connection"),
    ("fortnox_steprest", "connection_id", "fortnox_connection"),
]


class Migration(migrations.Migration):

    dependencies = [
        ('fortnox', '0022_authorization_attempts'),
        ('uku', '0013_import_files'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DueWork',
            fields=[
                ('connection', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='fortnox.connection')),
                ('wake_no', models.BigIntegerField(db_default=0, default=0, help_text='how often it was woken')),
                ('due_at', models.DateTimeField(help_text='by business time: schedules and expiry', null=True)),
                ('real_due_at', models.DateTimeField(help_text="by the database's clock: leases, exports, wake-ups", null=True)),
                ('fence', models.BigIntegerField(db_default=0, default=0, help_text='raised by each loop that begins')),
            ],
            options={
                'base_manager_name': 'everywhere',
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='RequestedRead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('company_id', models.CharField(max_length=30)),
                ('kind', models.CharField(choices=[('customers', 'Customer'), ('articles', 'Article'), ('company', 'Company'), ('grant', 'Grant')], max_length=15)),
                ('number', models.CharField(blank=True, max_length=1024)),
                ('asked_at', models.DateTimeField()),
            ],
            options={
                'base_manager_name': 'everywhere',
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='RequestedSync',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('company_id', models.CharField(max_length=30)),
                ('kind', models.CharField(choices=[('customers', 'Customers'), ('articles', 'Articles'), ('payments', 'Paid status'), ('statistics', 'Work statistics')], max_length=15)),
                ('full', models.BooleanField(default=False)),
                ('asked_at', models.DateTimeField()),
            ],
            options={
                'base_manager_name': 'everywhere',
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='StepRest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step', models.CharField(blank=True, max_length=30)),
                ('failures', models.PositiveSmallIntegerField(default=0)),
                ('until', models.DateTimeField(help_text='by business time')),
            ],
            options={
                'base_manager_name': 'everywhere',
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddField(
            model_name='connection',
            name='reviewed_at',
            field=models.DateTimeField(help_text='when its health was last compared with what was told', null=True),
        ),
        migrations.AddIndex(
            model_name='invoiceexport',
            index=models.Index(condition=models.Q(('state__in', ['queued', 'sending']), ('next_at__isnull', False), _connector='OR'), fields=['workspace', 'company_id'], name='fortnox_push_open'),
        ),
        migrations.AddField(
            model_name='duework',
            name='workspace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace'),
        ),
        migrations.AddField(
            model_name='requestedread',
            name='workspace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace'),
        ),
        migrations.AddField(
            model_name='requestedsync',
            name='asked_by',
            field=models.ForeignKey(help_text='empty: a hint of Fortnox', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='requestedsync',
            name='workspace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace'),
        ),
        migrations.AddField(
            model_name='steprest',
            name='connection',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='fortnox.connection'),
        ),
        migrations.AddField(
            model_name='steprest',
            name='workspace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace'),
        ),
        migrations.AddIndex(
            model_name='duework',
            index=models.Index(fields=['due_at'], name='fortnox_due_work'),
        ),
        migrations.AddIndex(
            model_name='duework',
            index=models.Index(fields=['real_due_at'], name='fortnox_due_work_real'),
        ),
        migrations.AddConstraint(
            model_name='requestedread',
            constraint=models.UniqueConstraint(fields=('workspace', 'company_id', 'kind', 'number'), name='fortnox_requested_read_once'),
        ),
        migrations.AddConstraint(
            model_name='requestedsync',
            constraint=models.UniqueConstraint(fields=('workspace', 'kind'), name='fortnox_requested_sync_once'),
        ),
        migrations.AddConstraint(
            model_name='steprest',
            constraint=models.UniqueConstraint(fields=('connection', 'step'), name='fortnox_step_rest_once'),
        ),
        *(migrations.RunSQL(*composite_key(*key)) for key in KEYS),
        migrations.RunSQL(EVERY_CONNECTION, migrations.RunSQL.noop),
    ]
