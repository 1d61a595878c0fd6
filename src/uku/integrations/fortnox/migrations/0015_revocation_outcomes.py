"""How a grant ended at Fortnox, and what newer tokens of a connection lack."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("fortnox", "0014_held_pushes"),
    ]

    operations = [
        migrations.AddField(
            model_name="attempt",
            name="revocation",
            field=models.CharField(
                blank=True,
                choices=[
                    ("confirmed", "Ended, confirmed by Fortnox"),
                    ("still_alive", "Fortnox still gives access"),
                    ("not_known", "Not known"),
                ],
                db_default="",
                default="",
                help_text="how the grant ended at Fortnox; empty when none was given, or none was given back",
                max_length=15,
            ),
        ),
        migrations.AddField(
            model_name="connection",
            name="lost_scopes",
            field=models.JSONField(
                db_default=models.Value([], models.JSONField()),
                default=list,
                help_text="what was authorized and newer tokens lack",
            ),
        ),
    ]
