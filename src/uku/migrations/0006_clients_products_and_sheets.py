import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.manager
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("uku", "0005_client_versions"),
    ]

    operations = [
        migrations.CreateModel(
            name="ClientSheet",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("content", models.BinaryField()),
                (
                    "encoding",
                    models.CharField(blank=True, help_text="of a text file; empty: to be asked", max_length=20),
                ),
                ("delimiter", models.CharField(blank=True, max_length=1)),
                ("columns", models.JSONField(default=list)),
                ("uploaded_at", models.DateTimeField()),
                ("taken_in_at", models.DateTimeField(null=True)),
                ("counts", models.JSONField(default=dict)),
            ],
            options={
                "base_manager_name": "everywhere",
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("everywhere", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="TaxRateName",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rate", models.DecimalField(decimal_places=2, help_text="per cent", max_digits=5)),
                ("name", models.CharField(max_length=60)),
            ],
            options={
                "base_manager_name": "everywhere",
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("everywhere", django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddField(
            model_name="client",
            name="is_person",
            field=models.BooleanField(
                db_default=False, default=False, help_text="a private person, whose number is masked"
            ),
        ),
        migrations.AddField(
            model_name="client",
            name="match_keys",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                db_default=models.Value(
                    [], django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)
                ),
                default=list,
                editable=False,
                help_text="what matching looks a client up by, hashed",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="client",
            name="vat_type",
            field=models.CharField(
                blank=True,
                choices=[
                    ("domestic", "VAT in Sweden"),
                    ("reverse_charge", "Reverse charge in Sweden"),
                    ("eu_reverse_charge", "Reverse charge within the EU"),
                    ("eu_vat", "VAT on sales within the EU"),
                    ("export", "Export outside the EU"),
                ],
                db_default="",
                default="",
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="article_seen",
            field=models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.AddField(
            model_name="product",
            name="changed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="product",
            name="changed_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="version",
            field=models.PositiveIntegerField(db_default=1, default=1, help_text="grows with every change"),
        ),
        migrations.AddIndex(
            model_name="client",
            index=django.contrib.postgres.indexes.GinIndex(fields=["match_keys"], name="uku_client_by_match_key"),
        ),
        migrations.AddField(
            model_name="clientsheet",
            name="uploaded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="clientsheet",
            name="workspace",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="uku.workspace"),
        ),
        migrations.AddField(
            model_name="taxratename",
            name="workspace",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="uku.workspace"),
        ),
        migrations.AddConstraint(
            model_name="taxratename",
            constraint=models.UniqueConstraint(fields=("workspace", "rate"), name="uku_tax_rate_name_once"),
        ),
    ]
