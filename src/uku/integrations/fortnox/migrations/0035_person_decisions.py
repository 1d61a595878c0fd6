"""What a person decided about an invoice whose outcome stayed unknown, and the state of one that is left."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('fortnox', '0034_columns_of_old'),
        ('uku', '0033_terms_of_the_company'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='invoiceexport',
            name='decided_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='invoiceexport',
            name='decided_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='invoiceexport',
            name='decision',
            field=models.CharField(blank=True, choices=[('adopted', 'Adopted an invoice in Fortnox'), ('sent_again', 'Sent again'), ('left', 'Settled outside Uku')], db_default='', default='', max_length=15),
        ),
        migrations.AddField(
            model_name='invoiceexport',
            name='decision_reason',
            field=models.CharField(blank=True, db_default='', default='', help_text='why it is settled outside Uku', max_length=300),
        ),
        migrations.AlterField(
            model_name='invoiceexport',
            name='state',
            field=models.CharField(choices=[('queued', 'Queued'), ('sending', 'Sending'), ('uncertain', 'Not confirmed by Fortnox'), ('confirmed', 'In Fortnox'), ('rejected', 'Fortnox refused it'), ('needs_person', 'Needs a decision'), ('held', 'Not sent: send it yourself'), ('cancelled', 'Not sent: cancelled'), ('withdrawn', 'Back to draft'), ('left', 'Settled outside Uku')], default='queued', max_length=15),
        ),
        migrations.AddConstraint(
            model_name='invoiceexport',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'left'), _negated=True), models.Q(('decision_reason', ''), _negated=True), _connector='OR'), name='fortnox_push_left_has_reason'),
        ),
    ]
