"""An invoice that was never created goes back to draft: its export is withdrawn. What was unclear once proves nothing."""

from django.db import migrations, models

# Of those that stand, whether a create was unclear is not known any more: whatever may have been is taken for it.
UNCLEAR = """
UPDATE fortnox_push SET was_uncertain = true
WHERE attempts > 1 OR lookups > 0 OR state IN ('sending', 'uncertain', 'needs_person')
"""


class Migration(migrations.Migration):

    dependencies = [
        ('fortnox', '0030_booking_by_hand'),
        ('uku', '0018_cancelled_numbers'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='invoiceexport',
            name='fortnox_push_one_intent',
        ),
        migrations.AddField(
            model_name='invoiceexport',
            name='was_uncertain',
            field=models.BooleanField(db_default=False, default=False, help_text='a create had no clear outcome once: the invoice may exist'),
        ),
        migrations.AlterField(
            model_name='invoiceexport',
            name='state',
            field=models.CharField(choices=[('queued', 'Queued'), ('sending', 'Sending'), ('uncertain', 'Not confirmed by Fortnox'), ('confirmed', 'In Fortnox'), ('rejected', 'Fortnox refused it'), ('needs_person', 'Needs a decision'), ('held', 'Not sent: send it yourself'), ('cancelled', 'Not sent: cancelled'), ('withdrawn', 'Back to draft')], default='queued', max_length=15),
        ),
        migrations.AddConstraint(
            model_name='invoiceexport',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'withdrawn'), _negated=True), fields=('workspace', 'invoice'), name='fortnox_push_one_intent'),
        ),
        migrations.RunSQL(UNCLEAR, migrations.RunSQL.noop),
    ]
