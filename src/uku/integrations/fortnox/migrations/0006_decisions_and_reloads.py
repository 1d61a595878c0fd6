import django.db.models.deletion
import django.db.models.manager
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("fortnox", "0005_inside_one_workspace"),
        ("uku", "0006_clients_products_and_sheets"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PassedOver",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=1024)),
                ("name", models.CharField(blank=True, max_length=1024)),
                ("reason", models.CharField(max_length=300)),
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
            name="Reload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("company_id", models.CharField(max_length=30)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("done", "Done"),
                            ("stopped", "Stopped"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="running",
                        max_length=10,
                    ),
                ),
                (
                    "phase",
                    models.CharField(
                        choices=[
                            ("customers", "Customers"),
                            ("articles", "Articles"),
                            ("details", "Details"),
                            ("payments", "Paid status"),
                            ("statistics", "Work statistics"),
                        ],
                        default="customers",
                        max_length=15,
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("cancel_asked_at", models.DateTimeField(null=True)),
                ("counts", models.JSONField(default=dict)),
                ("text", models.CharField(blank=True, max_length=500)),
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
            model_name="articlerecord",
            name="account",
            field=models.PositiveIntegerField(help_text="the account of a sale within Sweden", null=True),
        ),
        migrations.AddField(
            model_name="articlerecord",
            name="first_seen_at",
            field=models.DateTimeField(help_text="empty: before this was noted", null=True),
        ),
        migrations.AddField(
            model_name="connection",
            name="first_import_of",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="the company whose first import a person decided; of any other, customers without a match wait",
                max_length=30,
            ),
        ),
        migrations.AddField(
            model_name="connection",
            name="new_clients",
            field=models.CharField(
                choices=[("create", "Create a client"), ("ask", "Ask first")],
                db_default="create",
                default="create",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="customerrecord",
            name="country",
            field=models.CharField(blank=True, db_default="", default="", max_length=30),
        ),
        migrations.AddField(
            model_name="customerrecord",
            name="currency",
            field=models.CharField(blank=True, db_default="", default="", max_length=30),
        ),
        migrations.AddField(
            model_name="customerrecord",
            name="first_seen_at",
            field=models.DateTimeField(help_text="empty: before this was noted", null=True),
        ),
        migrations.AddField(
            model_name="customerrecord",
            name="identity_changed_at",
            field=models.DateTimeField(
                help_text="it got another organisation number while linked: the number may have been reused", null=True
            ),
        ),
        migrations.AddField(
            model_name="customerrecord",
            name="ignored_at",
            field=models.DateTimeField(help_text="a person decided that it is no client", null=True),
        ),
        migrations.AddField(
            model_name="customerrecord",
            name="ignored_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="customerrecord",
            name="is_person",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="customerrecord",
            name="terms_of_payment",
            field=models.CharField(blank=True, db_default="", default="", max_length=30),
        ),
        migrations.AddField(
            model_name="customerrecord",
            name="vat_number",
            field=models.CharField(blank=True, db_default="", default="", max_length=1024),
        ),
        migrations.AddField(
            model_name="problem",
            name="digest",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="SHA-256 of the row that could not be read",
                max_length=64,
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="full",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AlterField(
            model_name="run",
            name="since",
            field=models.DateTimeField(
                help_text="read what changed since; empty: there is no complete run yet", null=True
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="state",
            field=models.CharField(
                choices=[("running", "Running"), ("done", "Done"), ("stopped", "Stopped"), ("cancelled", "Cancelled")],
                default="running",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="customerrecord",
            index=models.Index(
                condition=models.Q(("active", True), ("client", None), ("ignored_at", None)),
                fields=["workspace", "company_id", "id"],
                name="fortnox_customer_undecided",
            ),
        ),
        migrations.AddIndex(
            model_name="customerrecord",
            index=models.Index(
                condition=models.Q(("active", True), ("client__isnull", False), ("detail_read_at", None)),
                fields=["workspace", "company_id", "id"],
                name="fortnox_customer_unread",
            ),
        ),
        migrations.AddField(
            model_name="passedover",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="passed_over", to="fortnox.run"
            ),
        ),
        migrations.AddField(
            model_name="passedover",
            name="workspace",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="uku.workspace"),
        ),
        migrations.AddField(
            model_name="reload",
            name="asked_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="reload",
            name="workspace",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="uku.workspace"),
        ),
        migrations.AddField(
            model_name="run",
            name="reload",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="runs", to="fortnox.reload"
            ),
        ),
        migrations.AddIndex(
            model_name="reload",
            index=models.Index(fields=["workspace", "-id"], name="fortnox_reload_newest"),
        ),
        migrations.AddConstraint(
            model_name="reload",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "running")), fields=("workspace",), name="fortnox_reload_one_at_a_time"
            ),
        ),
    ]
