"""Tasks of every kind: fields, comments, versions, and what is billed from them. Summary tasks belong to a plan."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.manager
from django.conf import settings
from django.db import migrations, models

from uku.kit.scoping import composite_key

KEYS = [
    ("uku_task", "plan_id", "uku_summaryplan"),
    ("uku_taskcomment", "task_id", "uku_task"),
    ("uku_taskcharge", "value_id", "uku_taskvalue"),
    ("uku_taskcharge", "invoice_id", "uku_invoice"),
    ("uku_invoicerow", "charge_id", "uku_taskcharge"),
]
# What a row bills is charged to its own invoice.
CHARGED_INVOICE = """
ALTER TABLE uku_taskcharge ADD CONSTRAINT uku_taskcharge_of_invoice UNIQUE (workspace_id, invoice_id, id);
ALTER TABLE uku_invoicerow ADD CONSTRAINT uku_invoicerow_charge_of_invoice
  FOREIGN KEY (workspace_id, invoice_id, charge_id) REFERENCES uku_taskcharge (workspace_id, invoice_id, id)
  DEFERRABLE INITIALLY DEFERRED;
"""
WITHOUT_CHARGED_INVOICE = """
ALTER TABLE uku_invoicerow DROP CONSTRAINT uku_invoicerow_charge_of_invoice;
ALTER TABLE uku_taskcharge DROP CONSTRAINT uku_taskcharge_of_invoice;
"""
# Until now a workspace had one plan. Its reference is checked here, since no table changes while a check is pending.
PLAN_OF_THE_WORKSPACE = """
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE uku_task AS task SET plan_id = plan.id FROM uku_summaryplan AS plan
WHERE plan.workspace_id = task.workspace_id AND task.month IS NOT NULL;
UPDATE uku_taskvalue AS counted SET statistic = mapped.key
FROM uku_task AS task, uku_summaryplan AS plan, jsonb_each_text(plan.fields) AS mapped
WHERE task.id = counted.task_id AND plan.id = task.plan_id AND counted.measured IS NOT NULL
  AND mapped.value = counted.field_id::text;
UPDATE uku_task AS task SET finished_at = entry.at, finished_by_id = entry.actor_id
FROM (
  SELECT DISTINCT ON (workspace_id, target) workspace_id, target, at, actor_id FROM uku_auditentry
  WHERE action = 'task.finish' ORDER BY workspace_id, target, position DESC
) AS entry
WHERE task.state = 'done' AND entry.workspace_id = task.workspace_id AND entry.target = 'Task:' || task.id;
SET CONSTRAINTS ALL DEFERRED;
"""

class Migration(migrations.Migration):

    dependencies = [
        ('uku', '0026_month_checks'),
    ]

    operations = [
        migrations.CreateModel(
            name='TaskCharge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.DecimalField(decimal_places=2, max_digits=14)),
                ('late', models.BooleanField(default=False, help_text='it bills what was counted after the value was billed')),
                ('freed_at', models.DateTimeField(null=True)),
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
            name='TaskComment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ('at', 'id'),
                'base_manager_name': 'everywhere',
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='summaryplan',
            name='uku_summaryplan_one',
        ),
        migrations.RemoveConstraint(
            model_name='task',
            name='uku_task_one_summary_a_month',
        ),
        migrations.AddField(
            model_name='task',
            name='changed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='task',
            name='changed_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='task',
            name='created_by',
            field=models.ForeignKey(help_text='empty: Uku, by a plan', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='task',
            name='description',
            field=models.TextField(blank=True, db_default='', default=''),
        ),
        migrations.AddField(
            model_name='task',
            name='finished_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='task',
            name='finished_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='task',
            name='plan',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='uku.summaryplan'),
        ),
        migrations.AddField(
            model_name='task',
            name='version',
            field=models.PositiveIntegerField(db_default=1, default=1, help_text='grows with every change'),
        ),
        migrations.AddField(
            model_name='taskfield',
            name='archived_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='taskfield',
            name='choices',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), db_default=models.Value([], django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), size=None)), default=list, size=None),
        ),
        migrations.AddField(
            model_name='taskfield',
            name='kind',
            field=models.CharField(choices=[('number', 'Number'), ('text', 'Text'), ('choice', 'Choice'), ('yes_no', 'Yes or no')], db_default='number', default='number', max_length=10),
        ),
        migrations.AddField(
            model_name='taskvalue',
            name='late_dismissed_at',
            field=models.DateTimeField(help_text='when a person said not to bill what came late', null=True),
        ),
        migrations.AddField(
            model_name='taskvalue',
            name='statistic',
            field=models.CharField(blank=True, db_default='', default='', help_text='what fills it; empty: a person', max_length=50),
        ),
        migrations.AddField(
            model_name='taskvalue',
            name='text',
            field=models.CharField(blank=True, db_default='', default='', help_text='yes or no for a field of that kind', max_length=1000),
        ),
        migrations.AlterField(
            model_name='taskvalue',
            name='value',
            field=models.DecimalField(decimal_places=2, max_digits=14, null=True),
        ),
        migrations.RunSQL(PLAN_OF_THE_WORKSPACE, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.UniqueConstraint(fields=('workspace', 'plan', 'month'), name='uku_task_one_summary_a_month'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('month', None), ('plan', None)), models.Q(('month__isnull', False), ('plan__isnull', False)), _connector='OR'), name='uku_task_month_of_a_plan'),
        ),
        migrations.AddConstraint(
            model_name='taskfield',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'choice'), ('choices', []), _connector='OR'), name='uku_taskfield_choices_of_kind'),
        ),
        migrations.AddConstraint(
            model_name='taskvalue',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('text', ''), ('value__isnull', False)), models.Q(('measured', None), ('statistic', ''), ('value', None), models.Q(('text', ''), _negated=True)), _connector='OR'), name='uku_taskvalue_number_or_text'),
        ),
        migrations.AddField(
            model_name='taskcharge',
            name='invoice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='task_charges', to='uku.invoice'),
        ),
        migrations.AddField(
            model_name='taskcharge',
            name='value',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='charges', to='uku.taskvalue'),
        ),
        migrations.AddField(
            model_name='taskcharge',
            name='workspace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace'),
        ),
        migrations.AddField(
            model_name='invoicerow',
            name='charge',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='rows', to='uku.taskcharge'),
        ),
        migrations.AddField(
            model_name='taskcomment',
            name='author',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='taskcomment',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='comments', to='uku.task'),
        ),
        migrations.AddField(
            model_name='taskcomment',
            name='workspace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace'),
        ),
        migrations.AddConstraint(
            model_name='taskcharge',
            constraint=models.UniqueConstraint(condition=models.Q(('freed_at', None)), fields=('value', 'late'), name='uku_taskcharge_one_of_a_value'),
        ),
        *(migrations.RunSQL(*composite_key(*key)) for key in KEYS),
        migrations.RunSQL(CHARGED_INVOICE, WITHOUT_CHARGED_INVOICE),
    ]
