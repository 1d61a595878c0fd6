"""A number from Uku whose invoice went back to draft is cancelled, and nobody gets it again: the trigger says so."""

import django.db.models.deletion
import django.db.models.manager
from django.conf import settings
from django.db import migrations, models
from uku.kit.scoping import composite_key

# As migration 0010 made it, and no number or OCR that was cancelled.
FREE = """
CREATE OR REPLACE FUNCTION uku_invoice_number_is_free() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.number = '' OR (
    TG_OP = 'UPDATE' AND (NEW.number, NEW.ocr, NEW.ledger) = (OLD.number, OLD.ocr, OLD.ledger)
  ) THEN
    RETURN NEW;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('uku_invoice_number'), NEW.workspace_id::int);
  IF EXISTS (
    SELECT FROM uku_invoice other
    WHERE other.workspace_id = NEW.workspace_id AND other.number = NEW.number AND other.number <> ''
      AND other.id <> NEW.id AND (other.ledger = '' OR NEW.ledger = '')
  ) OR EXISTS (
    SELECT FROM uku_invoice other
    WHERE other.workspace_id = NEW.workspace_id AND other.ocr = NEW.ocr AND other.ocr <> ''
      AND other.id <> NEW.id AND (other.ledger = '' OR NEW.ledger = '')
  ) OR EXISTS (
    SELECT FROM uku_cancellednumber cancelled
    WHERE cancelled.workspace_id = NEW.workspace_id
      AND (cancelled.number = NEW.number OR (cancelled.ocr = NEW.ocr AND cancelled.ocr <> ''))
  ) THEN
    RAISE EXCEPTION 'uku_invoice_own_number: another invoice has the number % or its OCR', NEW.number
      USING ERRCODE = 'unique_violation', CONSTRAINT = 'uku_invoice_own_number', TABLE = 'uku_invoice';
  END IF;
  RETURN NEW;
END $$;
"""
BACK = FREE.replace(FREE[FREE.index("  ) OR EXISTS (\n    SELECT FROM uku_cancellednumber") : FREE.index("  ) THEN\n    RAISE")], "")


class Migration(migrations.Migration):

    dependencies = [
        ('uku', '0017_approval'),
    ]

    operations = [
        migrations.CreateModel(
            name='CancelledNumber',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=30)),
                ('ocr', models.CharField(max_length=30)),
                ('cancelled_at', models.DateTimeField()),
                ('cancelled_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('invoice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cancelled_numbers', to='uku.invoice')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(fields=('workspace', 'number'), name='uku_cancellednumber_number'), models.UniqueConstraint(fields=('workspace', 'ocr'), name='uku_cancellednumber_ocr')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.RunSQL(*composite_key("uku_cancellednumber", "invoice_id", "uku_invoice")),
        migrations.RunSQL(FREE, BACK),
    ]
