"""The way to the consent page and back is an authorization attempt; its table keeps its name."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("fortnox", "0021_carry_link_reasons")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameModel("Attempt", "AuthorizationAttempt"),
                migrations.AlterModelTable("AuthorizationAttempt", "fortnox_attempt"),
            ]
        )
    ]
