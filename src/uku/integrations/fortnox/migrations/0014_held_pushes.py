from django.db import migrations, models

# The ledger of an invoice is the company of its push; the numbers of all others are Uku's.
LEDGERS = """
UPDATE uku_invoice SET ledger = push.company_id FROM fortnox_push push
WHERE push.workspace_id = uku_invoice.workspace_id AND push.invoice_id = uku_invoice.id
  AND uku_invoice.numbering = 'accounting';
"""


class Migration(migrations.Migration):
    dependencies = [("fortnox", "0013_articles_have_a_company"), ("uku", "0009_invoice_ledgers")]
    run_before = [("uku", "0010_numbers_are_unique")]
    operations = [
        migrations.AddField(
            model_name="push",
            name="cancelled_number",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="what was created before and cancelled there",
                max_length=30,
            ),
        ),
        migrations.AddField(
            model_name="push",
            name="hold",
            field=models.CharField(
                blank=True,
                choices=[
                    ("old", "Dated more than 35 days back"),
                    ("earlier_year", "Dated in an earlier financial year"),
                ],
                db_default="",
                default="",
                max_length=15,
            ),
        ),
        migrations.AddField(
            model_name="push",
            name="sent_by_hand_at",
            field=models.DateTimeField(
                help_text="when a person asked for it; its date holds it no more", null=True
            ),
        ),
        migrations.AlterField(
            model_name="push",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "Queued"),
                    ("sending", "Sending"),
                    ("uncertain", "Outcome unknown"),
                    ("confirmed", "In Fortnox"),
                    ("rejected", "Rejected"),
                    ("needs_person", "Needs a decision"),
                    ("held", "Waits for you to send it"),
                ],
                default="queued",
                max_length=15,
            ),
        ),
        migrations.RunSQL(LEDGERS, migrations.RunSQL.noop),
    ]
