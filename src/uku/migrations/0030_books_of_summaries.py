"""Whose books a summary is of, what they say of each month, and the schedule of a plan."""

import datetime
import django.db.models.deletion
import django.db.models.manager
from django.conf import settings
from django.db import migrations, models


from uku.kit.scoping import composite_key

KEYS = [
    ("uku_bookstie", "client_id", "uku_client"),
    ("uku_summaryplan", "tie_id", "uku_bookstie"),
    ("uku_planfield", "plan_id", "uku_summaryplan"),
    ("uku_planfield", "field_id", "uku_taskfield"),
    ("uku_monthfigure", "plan_id", "uku_summaryplan"),
]
CARRIED_OVER = """
SET CONSTRAINTS ALL IMMEDIATE;
INSERT INTO uku_planfield (workspace_id, plan_id, statistic, field_id)
SELECT DISTINCT ON (plan.id, mapped.value) plan.workspace_id, plan.id, mapped.key, mapped.value::bigint
FROM uku_summaryplan AS plan, jsonb_each_text(plan.fields) AS mapped;
INSERT INTO uku_monthfigure (workspace_id, plan_id, month, statistic, count, missing, final, counted_at)
SELECT task.workspace_id, task.plan_id, task.month, counted.statistic, counted.measured::bigint, '', false,
  counted.measured_at
FROM uku_taskvalue AS counted JOIN uku_task AS task ON task.id = counted.task_id
WHERE task.plan_id IS NOT NULL AND counted.statistic <> '' AND counted.measured IS NOT NULL
  AND counted.measured_at IS NOT NULL
ON CONFLICT DO NOTHING;
SET CONSTRAINTS ALL DEFERRED;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('uku', '0029_products_by_piece'),
    ]

    operations = [
        migrations.CreateModel(
            name='MonthFigure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField()),
                ('statistic', models.CharField(max_length=50)),
                ('count', models.PositiveBigIntegerField(help_text='the last that was read; empty: never', null=True)),
                ('missing', models.CharField(blank=True, choices=[('no_year', 'The books have no financial year for this month.'), ('part_of_a_year', 'Only a part of this month lies in a financial year; that part is counted.'), ('unreadable', 'The books of this month could not be read. Uku tries again tomorrow.'), ('not_permitted', 'The permission to read this is missing.')], help_text='why there is none, or not all', max_length=20)),
                ('final', models.BooleanField(default=False, help_text='the books were locked through the month when it was counted')),
                ('counted_at', models.DateTimeField(null=True)),
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
            name='PlanField',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('statistic', models.CharField(max_length=50)),
                ('agreed', models.PositiveIntegerField(help_text='the volume a month that was agreed with the client', null=True)),
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
            model_name='summaryplan',
            name='company',
            field=models.CharField(blank=True, db_default='', default='', max_length=30),
        ),
        migrations.AddField(
            model_name='summaryplan',
            name='deviation_percent',
            field=models.PositiveSmallIntegerField(db_default=25, default=25, help_text='a number further from what is expected than this is pointed out'),
        ),
        migrations.AddField(
            model_name='summaryplan',
            name='due_days',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text="after the month's last day"),
        ),
        migrations.AddField(
            model_name='summaryplan',
            name='import_day',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='of the next month; 0: the last day of the month itself'),
        ),
        migrations.AddField(
            model_name='summaryplan',
            name='import_time',
            field=models.TimeField(db_default=datetime.time(0, 0), default=datetime.time(0, 0), help_text="by the workspace's zone"),
        ),
        migrations.AddField(
            model_name='workspace',
            name='firm',
            field=models.ForeignKey(help_text='whose company file this is', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace'),
        ),
        migrations.CreateModel(
            name='BooksTie',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('company', models.CharField(blank=True, default='', max_length=30)),
                ('tied_at', models.DateTimeField()),
                ('untied_at', models.DateTimeField(null=True)),
                ('books', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.client')),
                ('tied_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('untied_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
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
            model_name='summaryplan',
            name='tie',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='plan', to='uku.bookstie'),
        ),
        migrations.AddConstraint(
            model_name='summaryplan',
            constraint=models.UniqueConstraint(condition=models.Q(('tie', None)), fields=('workspace', 'company'), name='uku_summaryplan_one_a_company'),
        ),
        migrations.AddConstraint(
            model_name='summaryplan',
            constraint=models.UniqueConstraint(condition=models.Q(('active', True), ('tie', None)), fields=('workspace',), name='uku_summaryplan_one_active'),
        ),
        migrations.AddConstraint(
            model_name='summaryplan',
            constraint=models.CheckConstraint(condition=models.Q(('import_day__lte', 28)), name='uku_summaryplan_import_day'),
        ),
        migrations.AddField(
            model_name='monthfigure',
            name='plan',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='figures', to='uku.summaryplan'),
        ),
        migrations.AddField(
            model_name='monthfigure',
            name='workspace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace'),
        ),
        migrations.AddField(
            model_name='planfield',
            name='field',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.taskfield'),
        ),
        migrations.AddField(
            model_name='planfield',
            name='plan',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='plan_fields', to='uku.summaryplan'),
        ),
        migrations.AddField(
            model_name='planfield',
            name='workspace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace'),
        ),
        migrations.AddConstraint(
            model_name='bookstie',
            constraint=models.UniqueConstraint(condition=models.Q(('untied_at', None)), fields=('client',), name='uku_bookstie_client'),
        ),
        migrations.AddConstraint(
            model_name='bookstie',
            constraint=models.UniqueConstraint(condition=models.Q(('untied_at', None)), fields=('books',), name='uku_bookstie_books'),
        ),
        migrations.AddConstraint(
            model_name='bookstie',
            constraint=models.UniqueConstraint(fields=('client', 'books'), name='uku_bookstie_once'),
        ),
        migrations.AddConstraint(
            model_name='bookstie',
            constraint=models.CheckConstraint(condition=models.Q(('workspace', models.F('books')), _negated=True), name='uku_bookstie_two_places'),
        ),
        migrations.AddConstraint(
            model_name='monthfigure',
            constraint=models.UniqueConstraint(fields=('plan', 'month', 'statistic'), name='uku_monthfigure_once'),
        ),
        migrations.AddConstraint(
            model_name='monthfigure',
            constraint=models.CheckConstraint(condition=models.Q(('month__day', 1)), name='uku_monthfigure_month_is_a_first'),
        ),
        migrations.AddConstraint(
            model_name='monthfigure',
            constraint=models.CheckConstraint(condition=models.Q(('count', None), ('counted_at__isnull', False), _connector='OR'), name='uku_monthfigure_counted_at'),
        ),
        migrations.AddConstraint(
            model_name='planfield',
            constraint=models.UniqueConstraint(fields=('plan', 'statistic'), name='uku_planfield_statistic'),
        ),
        migrations.AddConstraint(
            model_name='planfield',
            constraint=models.UniqueConstraint(fields=('plan', 'field'), name='uku_planfield_field'),
        ),
        *(migrations.RunSQL(*composite_key(*key)) for key in KEYS),
        migrations.RunSQL(CARRIED_OVER, migrations.RunSQL.noop),
        migrations.RemoveField(
            model_name='summaryplan',
            name='fields',
        ),
    ]
