"""Articles of products and invoice rows get the company they belong to.

An invoice that was sent says it. Else it is the company that is connected, or was connected last, if it has an article
with this number; if not, the one that was read last with such an article.
"""

from django.db import migrations

SENT = """
    UPDATE uku_invoicerow row SET article_company = push.company_id
    FROM fortnox_push push
    WHERE push.workspace_id = row.workspace_id AND push.invoice_id = row.invoice_id AND row.article_number <> ''
"""
OTHERS = """
    WITH last AS (
      SELECT workspace.id AS workspace_id, coalesce(
        nullif(connection.company_id, ''),
        (SELECT known.company_id FROM fortnox_knowncompany known WHERE known.workspace_id = workspace.id
         ORDER BY known.connected_at DESC, known.id DESC LIMIT 1),
        nullif(connection.first_import_of, ''),
        (SELECT article.company_id FROM fortnox_articlerecord article WHERE article.workspace_id = workspace.id
         ORDER BY article.seen_at DESC, article.id DESC LIMIT 1),
        ''
      ) AS company_id
      FROM uku_workspace workspace LEFT JOIN fortnox_connection connection ON connection.workspace_id = workspace.id
    )
    UPDATE {table} mapped SET article_company = coalesce(
      (SELECT article.company_id FROM fortnox_articlerecord article
       WHERE article.workspace_id = mapped.workspace_id AND article.number = mapped.article_number
       ORDER BY article.company_id = last.company_id DESC, article.seen_at DESC, article.id DESC LIMIT 1),
      last.company_id
    )
    FROM last
    WHERE mapped.workspace_id = last.workspace_id AND mapped.article_company = '' AND mapped.article_number <> ''
"""


class Migration(migrations.Migration):
    dependencies = [("fortnox", "0012_names_of_companies"), ("uku", "0008_articles_of_companies")]
    operations = [
        migrations.RunSQL(sql, migrations.RunSQL.noop)
        for sql in (SENT, OTHERS.format(table="uku_product"), OTHERS.format(table="uku_invoicerow"))
    ]
