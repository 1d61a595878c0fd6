"""A number stands for one invoice: within its ledger by constraints, and a number from Uku by a trigger."""

from django.db import migrations, models

# Our series goes on in its own range. What was given stays; a number that somebody else has in it is left behind.
OUR_RANGE = """
UPDATE uku_numberseries series SET next_number = greatest(series.next_number, 900000001, (
  SELECT (max(number::bigint) / 100000 + 1) * 100000 + 1 FROM uku_invoice
  WHERE workspace_id = series.workspace_id AND number ~ '^9[0-9]{8}$'
));
"""
# Two ledgers may share a number, so no unique index can say this. One writer a workspace at a time, until its
# transaction ends: the next one must see this one's number.
FREE = """
CREATE FUNCTION uku_invoice_number_is_free() RETURNS trigger LANGUAGE plpgsql AS $$
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
  ) THEN
    RAISE EXCEPTION 'uku_invoice_own_number: another invoice has the number % or its OCR', NEW.number
      USING ERRCODE = 'unique_violation', CONSTRAINT = 'uku_invoice_own_number', TABLE = 'uku_invoice';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER uku_invoice_number_is_free BEFORE INSERT OR UPDATE ON uku_invoice
  FOR EACH ROW EXECUTE FUNCTION uku_invoice_number_is_free();
"""
BACK = """
DROP TRIGGER uku_invoice_number_is_free ON uku_invoice;
DROP FUNCTION uku_invoice_number_is_free();
"""


class Migration(migrations.Migration):
    dependencies = [("uku", "0009_invoice_ledgers")]
    operations = [
        migrations.RemoveConstraint(model_name="invoice", name="uku_invoice_own_number"),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("number", ""), _negated=True),
                fields=("workspace", "number", "ledger"),
                name="uku_invoice_number_in_ledger",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ocr", ""), _negated=True),
                fields=("workspace", "ocr", "ledger"),
                name="uku_invoice_ocr_in_ledger",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(("numbering", "accounting"), ("ledger", ""), _connector="OR"),
                name="uku_invoice_own_has_no_ledger",
            ),
        ),
        migrations.RunSQL(OUR_RANGE, migrations.RunSQL.noop),
        migrations.RunSQL(FREE, BACK),
    ]
