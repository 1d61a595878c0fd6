from django.db import migrations

# Fortnox says of these customers that they have no terms of their own, and nobody wrote any here: the 30 days that
# every client began with are nobody's. From now on the company's own terms hold.
FORGET = """
    UPDATE uku_client SET payment_days = NULL
    WHERE payment_days = 30 AND NOT edited_fields @> '["payment_days"]'
      AND EXISTS (
        SELECT FROM fortnox_customerrecord AS record
        WHERE record.client_id = uku_client.id AND record.detail_read_at IS NOT NULL AND record.terms_of_payment = ''
      )
      AND NOT EXISTS (
        SELECT FROM fortnox_customerrecord AS record
        WHERE record.client_id = uku_client.id AND record.terms_of_payment <> ''
      )
"""


class Migration(migrations.Migration):

    dependencies = [
        ('fortnox', '0036_customers_created_here'),
        ('uku', '0033_terms_of_the_company'),
    ]

    operations = [migrations.RunSQL(FORGET, migrations.RunSQL.noop)]
