"""Clients that were stored before get the marks of what a person typed or imported from a file, as far as can be known.

Nobody wrote down who gave a value, so that what is not known to be Fortnox's counts as made by hand: an import that
leaves a value alone shows a difference, one that replaces it may destroy what somebody typed. Known to be Fortnox's are

- all unmarked fields of a client that was made from its customer: edits were marked always;
- of a client linked otherwise, what its customer says too: the imports wrote it, or would write the same.

A client that is not linked has every filled field marked, the currency and terms that forms propose among them.
"""

from django.db import migrations

MARK = """
    UPDATE uku_client AS client SET edited_fields = (
      SELECT coalesce(jsonb_agg(name ORDER BY name COLLATE "C"), '[]') FROM (
        SELECT jsonb_array_elements_text(client.edited_fields) AS name
        UNION
        SELECT ours.name FROM (VALUES
          ('name', client.name), ('organisation_number', client.organisation_number),
          ('vat_number', client.vat_number), ('email', client.email), ('phone', client.phone),
          ('address1', client.address1), ('address2', client.address2), ('postcode', client.postcode),
          ('city', client.city), ('country', client.country), ('currency', client.currency),
          ('payment_days', client.payment_days::text), ('vat_type', client.vat_type)
        ) AS ours (name, value)
        WHERE ours.value <> '' AND NOT EXISTS (
          SELECT FROM fortnox_customerrecord AS record CROSS JOIN LATERAL (VALUES
            ('name', record.name), ('organisation_number', record.organisation_number),
            ('vat_number', record.vat_number), ('email', record.email), ('phone', record.phone),
            ('address1', record.address1), ('address2', record.address2), ('postcode', record.postcode),
            ('city', record.city), ('country', upper(btrim(record.country))),
            ('currency', upper(btrim(record.currency))), ('payment_days', record.terms_of_payment),
            ('vat_type', CASE record.vat_type
              WHEN 'SEVAT' THEN 'domestic' WHEN 'SEREVERSEDVAT' THEN 'reverse_charge'
              WHEN 'EUREVERSEDVAT' THEN 'eu_reverse_charge' WHEN 'EUVAT' THEN 'eu_vat' WHEN 'EXPORT' THEN 'export' END)
          ) AS theirs (name, value)
          WHERE record.workspace_id = client.workspace_id AND record.client_id = client.id
            AND theirs.name = ours.name AND theirs.value = ours.value
        )
      ) AS marked
    )
    WHERE NOT EXISTS (
      SELECT FROM fortnox_customerrecord AS record
      WHERE record.workspace_id = client.workspace_id AND record.client_id = client.id AND record.evidence LIKE 'Made %'
    )
"""


class Migration(migrations.Migration):
    dependencies = [("fortnox", "0015_revocation_outcomes")]
    operations = [migrations.RunSQL(MARK, migrations.RunSQL.noop)]
