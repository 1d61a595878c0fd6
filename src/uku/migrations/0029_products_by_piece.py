"""A product is billed per piece from a number field of tasks, by tiers."""

import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

from uku.kit.scoping import composite_key

KEYS = [
    ("uku_product", "task_field_id", "uku_taskfield"),
    ("uku_producttier", "product_id", "uku_product"),
]


class Migration(migrations.Migration):

    dependencies = [
        ('uku', '0028_searchable_tasks'),
    ]

    operations = [
        migrations.AddField(
            model_name='invoicesettings',
            name='bill_open_tasks',
            field=models.BooleanField(db_default=False, default=False, help_text='a number is billed before its task is finished, too'),
        ),
        migrations.AddField(
            model_name='product',
            name='task_field',
            field=models.ForeignKey(help_text='what it is billed from', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='products', to='uku.taskfield'),
        ),
        migrations.AddField(
            model_name='product',
            name='tier_way',
            field=models.CharField(choices=[('each', 'Each piece at its own tier'), ('last', 'All pieces at the last tier')], db_default='each', default='each', max_length=10),
        ),
        migrations.AddField(
            model_name='taskcharge',
            name='measured',
            field=models.DecimalField(decimal_places=2, help_text='the counted figure that this bills; what comes later is late', max_digits=14, null=True),
        ),
        migrations.CreateModel(
            name='ProductTier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first', models.PositiveIntegerField()),
                ('price', models.DecimalField(decimal_places=2, max_digits=14)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tiers', to='uku.product')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(fields=('product', 'first'), name='uku_producttier_once'), models.CheckConstraint(condition=models.Q(('first__gte', 2)), name='uku_producttier_after_the_first_piece')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        *(migrations.RunSQL(*composite_key(*key)) for key in KEYS),
    ]
