"""An invoice can credit another one, row by row, and carries what its notes sum to. What was credited before says so."""

import django.db.models.deletion
from decimal import Decimal
from django.db import migrations, models

from uku.kit.scoping import composite_key

# Until now a reference to a credit note was all that was known, and was told as the whole.
CREDITED_BEFORE = """
UPDATE uku_invoice SET credited_amount = total, ledger_credit_amount = total,
  credit_balance = -coalesce(balance, total), ledger_credit_balance = -coalesce(balance, total)
WHERE credited;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('uku', '0018_cancelled_numbers'),
    ]

    operations = [
        migrations.AddField(
            model_name='invoice',
            name='cancel_asked_at',
            field=models.DateTimeField(help_text='until the accounting system has cancelled it too', null=True),
        ),
        migrations.AddField(
            model_name='invoice',
            name='credit_balance',
            field=models.DecimalField(db_default=Decimal('0.00'), decimal_places=2, default=Decimal('0.00'), help_text='what is open of its credit notes, as a negative amount', max_digits=14),
        ),
        migrations.AddField(
            model_name='invoice',
            name='credited_amount',
            field=models.DecimalField(db_default=Decimal('0.00'), decimal_places=2, default=Decimal('0.00'), help_text='what its credit notes sum to, as a positive amount', max_digits=14),
        ),
        migrations.AddField(
            model_name='invoice',
            name='credits',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='credit_notes', to='uku.invoice'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='ledger_credit_amount',
            field=models.DecimalField(db_default=Decimal('0.00'), decimal_places=2, default=Decimal('0.00'), help_text='the part of `credited_amount` on notes that were not made in Uku', max_digits=14),
        ),
        migrations.AddField(
            model_name='invoice',
            name='ledger_credit_balance',
            field=models.DecimalField(db_default=Decimal('0.00'), decimal_places=2, default=Decimal('0.00'), help_text='the part of `credit_balance` on notes that were not made in Uku', max_digits=14),
        ),
        migrations.AddField(
            model_name='invoicerow',
            name='credits',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='credit_rows', to='uku.invoicerow'),
        ),
        migrations.AlterField(
            model_name='invoice',
            name='credited',
            field=models.BooleanField(default=False, help_text='nothing is left to credit'),
        ),
        migrations.RunSQL(*composite_key("uku_invoice", "credits_id", "uku_invoice")),
        migrations.RunSQL(*composite_key("uku_invoicerow", "credits_id", "uku_invoicerow")),
        migrations.RunSQL(CREDITED_BEFORE, migrations.RunSQL.noop),
    ]
