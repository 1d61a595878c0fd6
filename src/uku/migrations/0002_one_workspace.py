"""What Django cannot say: references stay inside one workspace, and the audit log is append-only."""

from django.db import migrations

from uku.kit.scoping import composite_key

KEYS = [
    ("uku_invoice", "client_id", "uku_client"),
    ("uku_invoicerow", "invoice_id", "uku_invoice"),
    ("uku_invoicerow", "product_id", "uku_product"),
    ("uku_payment", "invoice_id", "uku_invoice"),
    ("uku_summaryplan", "topic_id", "uku_topic"),
    ("uku_summaryplan", "client_id", "uku_client"),
    ("uku_task", "client_id", "uku_client"),
    ("uku_task", "topic_id", "uku_topic"),
    ("uku_taskvalue", "task_id", "uku_task"),
    ("uku_taskvalue", "field_id", "uku_taskfield"),
]

APPEND_ONLY = """
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'uku_app') THEN
    REVOKE UPDATE, DELETE, TRUNCATE ON uku_auditentry FROM uku_app;
  END IF;
END $$;
"""
WRITABLE = APPEND_ONLY.replace("REVOKE", "GRANT").replace("FROM uku_app", "TO uku_app")


class Migration(migrations.Migration):
    dependencies = [("uku", "0001_initial")]
    operations = [
        *(migrations.RunSQL(*composite_key(*key)) for key in KEYS),
        migrations.RunSQL(APPEND_ONLY, WRITABLE),
    ]
