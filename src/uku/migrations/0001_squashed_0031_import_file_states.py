"""Every table of the domain, and what Django cannot say of them. Later changes have migrations of their own."""

import datetime
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.manager
import django.utils.timezone
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models
from uku.kit.scoping import composite_key


# References stay inside one workspace.
KEYS = [
    ("uku_bookstie", "client_id", "uku_client"),
    ("uku_cancellednumber", "invoice_id", "uku_invoice"),
    ("uku_invoice", "client_id", "uku_client"),
    ("uku_invoice", "credits_id", "uku_invoice"),
    ("uku_invoicedelivery", "document_id", "uku_invoicedocument"),
    ("uku_invoicedelivery", "invoice_id", "uku_invoice"),
    ("uku_invoicedocument", "invoice_id", "uku_invoice"),
    ("uku_invoicerow", "charge_id", "uku_taskcharge"),
    ("uku_invoicerow", "credits_id", "uku_invoicerow"),
    ("uku_invoicerow", "invoice_id", "uku_invoice"),
    ("uku_invoicerow", "product_id", "uku_product"),
    ("uku_monthfigure", "plan_id", "uku_summaryplan"),
    ("uku_noticereading", "notice_id", "uku_notice"),
    ("uku_payment", "invoice_id", "uku_invoice"),
    ("uku_planfield", "field_id", "uku_taskfield"),
    ("uku_planfield", "plan_id", "uku_summaryplan"),
    ("uku_product", "task_field_id", "uku_taskfield"),
    ("uku_producttier", "product_id", "uku_product"),
    ("uku_summaryplan", "client_id", "uku_client"),
    ("uku_summaryplan", "tie_id", "uku_bookstie"),
    ("uku_summaryplan", "topic_id", "uku_topic"),
    ("uku_task", "client_id", "uku_client"),
    ("uku_task", "plan_id", "uku_summaryplan"),
    ("uku_task", "topic_id", "uku_topic"),
    ("uku_taskcharge", "invoice_id", "uku_invoice"),
    ("uku_taskcharge", "value_id", "uku_taskvalue"),
    ("uku_taskcomment", "task_id", "uku_task"),
    ("uku_taskvalue", "field_id", "uku_taskfield"),
    ("uku_taskvalue", "task_id", "uku_task"),
]
# What a row bills is charged to its own invoice.
CHARGED_INVOICE = """
ALTER TABLE uku_taskcharge ADD CONSTRAINT uku_taskcharge_of_invoice UNIQUE (workspace_id, invoice_id, id);
ALTER TABLE uku_invoicerow ADD CONSTRAINT uku_invoicerow_charge_of_invoice
  FOREIGN KEY (workspace_id, invoice_id, charge_id) REFERENCES uku_taskcharge (workspace_id, invoice_id, id)
  DEFERRABLE INITIALLY DEFERRED;
"""
# Audit entries stay as they are, and so does the paper that went out: the app may add and read them.
APPEND_ONLY = """
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'uku_app') THEN
    REVOKE UPDATE, DELETE, TRUNCATE ON uku_auditentry, uku_invoicedocument FROM uku_app;
  END IF;
END $$;
"""
# What an entry's hash covers, in an order that never changes. jsonb keeps the parts apart.
DIGEST = """
CREATE FUNCTION uku_audit_digest(previous text, entry uku_auditentry) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT encode(sha256(convert_to(jsonb_build_array(
    previous, entry.position, entry.workspace_id, entry.actor_id, entry.action, entry.target, entry.summary,
    entry.before, entry.after, extract(epoch FROM entry.at), host(entry.address)
  )::text, 'UTF8')), 'hex')
$$;
"""
# One writer a workspace at a time, until its transaction ends: the next one must see this one's hash.
CHAIN = """
CREATE FUNCTION uku_audit_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE last uku_auditentry;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('uku_auditentry'), NEW.workspace_id::int);
  SELECT * INTO last FROM uku_auditentry WHERE workspace_id = NEW.workspace_id ORDER BY position DESC LIMIT 1;
  NEW.position := coalesce(last.position, 0) + 1;
  NEW.hash := uku_audit_digest(coalesce(last.hash, ''), NEW);
  RETURN NEW;
END $$;
"""
AUDIT_TRIGGERS = """
CREATE TRIGGER uku_audit_chain BEFORE INSERT ON uku_auditentry FOR EACH ROW EXECUTE FUNCTION uku_audit_chain();
CREATE FUNCTION uku_audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER uku_audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON uku_auditentry
  FOR EACH STATEMENT EXECUTE FUNCTION uku_audit_stays();
ALTER TABLE uku_auditentry ADD CONSTRAINT uku_audit_one_position
  UNIQUE (workspace_id, position) DEFERRABLE INITIALLY DEFERRED;
"""
# Within a ledger a number is unique by constraints. Two ledgers may share one, so only a trigger can say that a number
# from Uku is nobody else's, a cancelled one included. One writer a workspace at a time, until its transaction ends: the
# next one must see this one's number.
FREE_NUMBER = """
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
CREATE TRIGGER uku_invoice_number_is_free BEFORE INSERT OR UPDATE ON uku_invoice
  FOR EACH ROW EXECUTE FUNCTION uku_invoice_number_is_free();
"""


class Migration(migrations.Migration):

    replaces = [
        ("uku", "0001_initial"),
        ("uku", "0002_one_workspace"),
        ("uku", "0003_people_and_notices"),
        ("uku", "0004_chained_audit"),
        ("uku", "0005_client_versions"),
        ("uku", "0006_clients_products_and_sheets"),
        ("uku", "0007_match_keys"),
        ("uku", "0008_articles_of_companies"),
        ("uku", "0009_invoice_ledgers"),
        ("uku", "0010_numbers_are_unique"),
        ("uku", "0011_stated_facts"),
        ("uku", "0012_worker_heartbeats"),
        ("uku", "0013_import_files"),
        ("uku", "0014_missing_invoices"),
        ("uku", "0015_billing_permissions"),
        ("uku", "0016_draft_versions"),
        ("uku", "0017_approval"),
        ("uku", "0018_cancelled_numbers"),
        ("uku", "0019_credit_notes"),
        ("uku", "0020_invoice_rows_and_supply"),
        ("uku", "0021_invoice_deliveries"),
        ("uku", "0022_language_and_goods"),
        ("uku", "0023_numbers_of_papers"),
        ("uku", "0024_accepted_differences"),
        ("uku", "0025_history_of_a_record"),
        ("uku", "0026_month_checks"),
        ("uku", "0027_working_tasks"),
        ("uku", "0028_searchable_tasks"),
        ("uku", "0029_products_by_piece"),
        ("uku", "0030_books_of_summaries"),
        ("uku", "0031_import_file_states"),
    ]

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='ClockOffset',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seconds', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='SharedValue',
            fields=[
                ('key', models.CharField(max_length=300, primary_key=True, serialize=False)),
                ('value', models.JSONField(null=True)),
                ('expires_at', models.DateTimeField(db_index=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='WorkerHeartbeat',
            fields=[
                ('id', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('host', models.CharField(max_length=255)),
                ('process_id', models.BigIntegerField()),
                ('started_at', models.DateTimeField()),
                ('last_beat_at', models.DateTimeField(db_index=True)),
                ('stopped_at', models.DateTimeField(help_text='set when it was told to stop; empty when it was killed', null=True)),
            ],
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('email', models.EmailField(max_length=254, unique=True)),
                ('name', models.CharField(blank=True, max_length=200)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
        ),
        migrations.CreateModel(
            name='Alarm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=100)),
                ('text', models.CharField(max_length=1000)),
                ('opened_at', models.DateTimeField()),
                ('cleared_at', models.DateTimeField(null=True)),
                ('mailed_at', models.DateTimeField(null=True)),
                ('tried_at', models.DateTimeField(help_text='when it was last tried whether the fault is still there', null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('cleared_at', None)), fields=('key',), name='uku_alarm_one_open')],
            },
        ),
        migrations.CreateModel(
            name='Workspace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('plan', models.CharField(choices=[('free', 'Free'), ('team', 'Team'), ('elite', 'Elite')], default='free', max_length=10)),
                ('organisation_number', models.CharField(blank=True, max_length=20)),
                ('vat_number', models.CharField(blank=True, max_length=20)),
                ('f_tax', models.BooleanField(help_text='approved for F-tax or not; null: nobody has stated it', null=True)),
                ('registered_office', models.CharField(blank=True, max_length=100)),
                ('address', models.CharField(blank=True, max_length=200)),
                ('postcode', models.CharField(blank=True, max_length=20)),
                ('city', models.CharField(blank=True, max_length=100)),
                ('bankgiro', models.CharField(blank=True, max_length=20)),
                ('plusgiro', models.CharField(blank=True, db_default='', default='', max_length=20)),
                ('iban', models.CharField(blank=True, db_default='', default='', max_length=34)),
                ('bic', models.CharField(blank=True, db_default='', default='', max_length=11)),
                ('country', models.CharField(default='SE', max_length=2)),
                ('currency', models.CharField(default='SEK', max_length=3)),
                ('time_zone', models.CharField(default='Europe/Stockholm', max_length=50)),
                ('language', models.CharField(db_default='en', default='en', max_length=5)),
                ('fact_origins', models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict, help_text='who stated a fact of the card: `person`, or the slug of the integration that filled it')),
                ('second_factor_required', models.BooleanField(db_default=False, default=False, help_text='of owners and admins')),
                ('created_at', models.DateTimeField()),
                ('firm', models.ForeignKey(help_text='whose company file this is', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
        ),
        migrations.CreateModel(
            name='TaskField',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('kind', models.CharField(choices=[('number', 'Number'), ('text', 'Text'), ('choice', 'Choice'), ('yes_no', 'Yes or no')], db_default='number', default='number', max_length=10)),
                ('choices', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), db_default=models.Value([], django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), size=None)), default=list, size=None)),
                ('archived_at', models.DateTimeField(null=True)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(fields=('workspace', 'name'), name='uku_taskfield_name'), models.CheckConstraint(condition=models.Q(('kind', 'choice'), ('choices', []), _connector='OR'), name='uku_taskfield_choices_of_kind')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Topic',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(fields=('workspace', 'name'), name='uku_topic_name')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Client',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=1024)),
                ('name_sort', models.CharField(editable=False, max_length=400)),
                ('name_search', models.CharField(editable=False, max_length=400)),
                ('organisation_number', models.CharField(blank=True, max_length=20)),
                ('vat_number', models.CharField(blank=True, max_length=30)),
                ('email', models.CharField(blank=True, max_length=1024)),
                ('phone', models.CharField(blank=True, max_length=1024)),
                ('address1', models.CharField(blank=True, max_length=1024)),
                ('address2', models.CharField(blank=True, max_length=1024)),
                ('postcode', models.CharField(blank=True, max_length=20)),
                ('city', models.CharField(blank=True, max_length=1024)),
                ('country', models.CharField(blank=True, max_length=2)),
                ('currency', models.CharField(default='SEK', max_length=3)),
                ('payment_days', models.PositiveSmallIntegerField(default=30)),
                ('vat_type', models.CharField(blank=True, choices=[('domestic', 'VAT in Sweden'), ('reverse_charge', 'Reverse charge in Sweden'), ('eu_reverse_charge', 'Reverse charge within the EU'), ('eu_vat', 'VAT on sales within the EU'), ('export', 'Export outside the EU')], db_default='', default='', max_length=20)),
                ('language', models.CharField(blank=True, db_default='', default='', help_text="of invoices and e-mail; empty: the country's", max_length=2)),
                ('is_person', models.BooleanField(db_default=False, default=False, help_text='a private person, whose number is masked')),
                ('match_keys', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), db_default=models.Value([], django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)), default=list, editable=False, help_text='what matching looks a client up by, hashed', size=None)),
                ('edited_fields', models.JSONField(default=list)),
                ('archived_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(db_default=1, default=1, help_text='grows with every change')),
                ('changed_at', models.DateTimeField(null=True)),
                ('changed_by', models.ForeignKey(help_text='empty: Uku, by an import', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('default_user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'indexes': [models.Index(fields=['workspace', 'name_sort', 'id'], name='uku_client_by_name'), models.Index(fields=['workspace', 'organisation_number'], name='uku_client_by_number'), django.contrib.postgres.indexes.GinIndex(fields=['match_keys'], name='uku_client_by_match_key')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='BooksTie',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('company', models.CharField(blank=True, default='', max_length=30)),
                ('tied_at', models.DateTimeField()),
                ('untied_at', models.DateTimeField(null=True)),
                ('tied_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('untied_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.client')),
                ('books', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(condition=models.Q(('untied_at', None)), fields=('client',), name='uku_bookstie_client'), models.UniqueConstraint(condition=models.Q(('untied_at', None)), fields=('books',), name='uku_bookstie_books'), models.UniqueConstraint(fields=('client', 'books'), name='uku_bookstie_once'), models.CheckConstraint(condition=models.Q(('workspace', models.F('books')), _negated=True), name='uku_bookstie_two_places')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Invoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(max_length=20)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('approval', 'Approval'), ('created', 'Created'), ('sent', 'Sent'), ('paid', 'Paid'), ('cancelled', 'Cancelled')], default='draft', max_length=10)),
                ('numbering', models.CharField(blank=True, choices=[('own', 'Number from Uku'), ('accounting', 'Number from the accounting system')], max_length=10)),
                ('ledger', models.CharField(blank=True, db_default='', default='', help_text="the accounting system's company that gives the number; empty when Uku does", max_length=30)),
                ('number', models.CharField(blank=True, max_length=30)),
                ('ocr', models.CharField(blank=True, max_length=30)),
                ('invoice_date', models.DateField()),
                ('due_date', models.DateField()),
                ('supply_from', models.DateField(help_text='first day of what is billed; with `supply_to`', null=True)),
                ('supply_to', models.DateField(help_text='last day of what is billed, or the day of delivery', null=True)),
                ('currency', models.CharField(default='SEK', max_length=3)),
                ('your_reference', models.CharField(blank=True, max_length=50)),
                ('our_reference', models.CharField(blank=True, max_length=50)),
                ('remarks', models.CharField(blank=True, max_length=1000)),
                ('net', models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=14)),
                ('vat', models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=14)),
                ('rounding', models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=14)),
                ('total', models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=14)),
                ('difference', models.CharField(blank=True, max_length=200)),
                ('difference_accepted_at', models.DateTimeField(help_text='when a person said that it is right', null=True)),
                ('balance', models.DecimalField(decimal_places=2, max_digits=14, null=True)),
                ('booked', models.BooleanField(default=False)),
                ('credited', models.BooleanField(default=False, help_text='nothing is left to credit')),
                ('credited_amount', models.DecimalField(db_default=Decimal('0.00'), decimal_places=2, default=Decimal('0.00'), help_text='what its credit notes sum to, as a positive amount', max_digits=14)),
                ('credit_balance', models.DecimalField(db_default=Decimal('0.00'), decimal_places=2, default=Decimal('0.00'), help_text='what is open of its credit notes, as a negative amount', max_digits=14)),
                ('ledger_credit_amount', models.DecimalField(db_default=Decimal('0.00'), decimal_places=2, default=Decimal('0.00'), help_text='the part of `credited_amount` on notes that were not made in Uku', max_digits=14)),
                ('ledger_credit_balance', models.DecimalField(db_default=Decimal('0.00'), decimal_places=2, default=Decimal('0.00'), help_text='the part of `credit_balance` on notes that were not made in Uku', max_digits=14)),
                ('cancel_asked_at', models.DateTimeField(help_text='until the accounting system has cancelled it too', null=True)),
                ('final_pay_date', models.DateField(null=True)),
                ('read_at', models.DateTimeField(null=True)),
                ('missing_since', models.DateTimeField(help_text='since when the books do not have it any more', null=True)),
                ('ledger_ocr', models.CharField(blank=True, db_default='', default='', help_text="the accounting system's OCR, where it is another", max_length=30)),
                ('factored', models.BooleanField(db_default=False, default=False, help_text="sent or sold by the accounting system's invoice service")),
                ('ledger_reminders', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('ledger_reminded_on', models.DateField(null=True)),
                ('currency_rate', models.DecimalField(decimal_places=6, help_text="of the books' currency for one of `currency`", max_digits=12, null=True)),
                ('currency_rate_on', models.DateField(null=True)),
                ('issued_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField()),
                ('approval_remark', models.CharField(blank=True, db_default='', default='', help_text='why it came back from approval', max_length=500)),
                ('version', models.PositiveIntegerField(db_default=1, default=1, help_text='of a draft: one more with each change')),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invoices', to='uku.client')),
                ('credits', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='credit_notes', to='uku.invoice')),
                ('handed_over_by', models.ForeignKey(help_text='who asked for approval last', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'indexes': [models.Index(fields=['workspace', 'state', '-id'], name='uku_invoice_by_state')],
                'constraints': [models.UniqueConstraint(fields=('workspace', 'reference'), name='uku_invoice_reference'), models.UniqueConstraint(condition=models.Q(('number', ''), _negated=True), fields=('workspace', 'number', 'ledger'), name='uku_invoice_number_in_ledger'), models.UniqueConstraint(condition=models.Q(('ocr', ''), _negated=True), fields=('workspace', 'ocr', 'ledger'), name='uku_invoice_ocr_in_ledger'), models.CheckConstraint(condition=models.Q(('numbering', 'accounting'), ('ledger', ''), _connector='OR'), name='uku_invoice_own_has_no_ledger'), models.CheckConstraint(condition=models.Q(models.Q(('issued_at', None), ('number', ''), ('numbering', ''), ('state__in', ('draft', 'approval'))), models.Q(models.Q(('state__in', ('draft', 'approval')), _negated=True), ('issued_at__isnull', False), models.Q(('numbering', ''), _negated=True)), _connector='OR'), name='uku_invoice_issued_once'), models.CheckConstraint(condition=models.Q(('supply_from', None), models.Q(('supply_to__gte', models.F('supply_from')), ('supply_to__isnull', False)), _connector='OR'), name='uku_invoice_supply_in_order')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(help_text='the cause: an open notice with it is not opened twice', max_length=100)),
                ('permission', models.CharField(help_text='who sees it when it is for no one person', max_length=60)),
                ('tone', models.CharField(default='neutral', max_length=10)),
                ('title', models.CharField(max_length=200)),
                ('text', models.CharField(blank=True, max_length=1000)),
                ('url', models.CharField(blank=True, help_text='a path in this installation', max_length=300)),
                ('opened_at', models.DateTimeField()),
                ('cleared_at', models.DateTimeField(null=True)),
                ('by_mail', models.BooleanField(default=False)),
                ('mailed_at', models.DateTimeField(help_text='set before sending; taken back when it was refused', null=True)),
                ('mail_attempts', models.PositiveSmallIntegerField(default=0)),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'indexes': [models.Index(fields=['workspace', '-id'], name='uku_notice_newest')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('cleared_at', None)), fields=('workspace', 'key'), name='uku_notice_one_open')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Product',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('unit', models.CharField(blank=True, max_length=20)),
                ('price', models.DecimalField(decimal_places=2, max_digits=14)),
                ('vat_rate', models.DecimalField(decimal_places=2, help_text='per cent', max_digits=5)),
                ('is_goods', models.BooleanField(db_default=False, default=False, help_text='else a service: abroad the two are taxed by different rules')),
                ('article_number', models.CharField(blank=True, max_length=50)),
                ('article_seen', models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict)),
                ('article_company', models.CharField(blank=True, db_default='', default='', max_length=30)),
                ('other_articles', models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict)),
                ('tier_way', models.CharField(choices=[('each', 'Each piece at its own tier'), ('last', 'All pieces at the last tier')], db_default='each', default='each', max_length=10)),
                ('archived_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(db_default=1, default=1, help_text='grows with every change')),
                ('changed_at', models.DateTimeField(null=True)),
                ('changed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('task_field', models.ForeignKey(help_text='what it is billed from', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='products', to='uku.taskfield')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.CheckConstraint(condition=models.Q(('vat_rate__gte', Decimal('0')), ('vat_rate__lt', Decimal('100'))), name='uku_product_vat_rate')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='SummaryPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('active', models.BooleanField(default=False)),
                ('company', models.CharField(blank=True, db_default='', default='', max_length=30)),
                ('title', models.CharField(default='Monthly summary', max_length=200)),
                ('first_month', models.DateField(null=True)),
                ('import_day', models.PositiveSmallIntegerField(db_default=0, default=0, help_text='of the next month; 0: the last day of the month itself')),
                ('import_time', models.TimeField(db_default=datetime.time(0, 0), default=datetime.time(0, 0), help_text="by the workspace's zone")),
                ('due_days', models.PositiveSmallIntegerField(db_default=0, default=0, help_text="after the month's last day")),
                ('deviation_percent', models.PositiveSmallIntegerField(db_default=25, default=25, help_text='a number further from what is expected than this is pointed out')),
                ('client', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.client')),
                ('tie', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='plan', to='uku.bookstie')),
                ('topic', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.topic')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(condition=models.Q(('tie', None)), fields=('workspace', 'company'), name='uku_summaryplan_one_a_company'), models.UniqueConstraint(condition=models.Q(('active', True), ('tie', None)), fields=('workspace',), name='uku_summaryplan_one_active'), models.CheckConstraint(condition=models.Q(('import_day__lte', 28)), name='uku_summaryplan_import_day')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Task',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=200)),
                ('title_search', models.CharField(db_default='', default='', editable=False, max_length=200)),
                ('description', models.TextField(blank=True, db_default='', default='')),
                ('due_date', models.DateField()),
                ('state', models.CharField(choices=[('open', 'Open'), ('done', 'Done')], default='open', max_length=10)),
                ('month', models.DateField(null=True)),
                ('created_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('version', models.PositiveIntegerField(db_default=1, default=1, help_text='grows with every change')),
                ('changed_at', models.DateTimeField(null=True)),
                ('assignee', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('changed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('client', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='uku.client')),
                ('created_by', models.ForeignKey(help_text='empty: Uku, by a plan', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('finished_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('plan', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='uku.summaryplan')),
                ('topic', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.topic')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'indexes': [models.Index(fields=['workspace', 'state', 'due_date'], name='uku_task_by_due_date')],
                'constraints': [models.UniqueConstraint(fields=('workspace', 'plan', 'month'), name='uku_task_one_summary_a_month'), models.CheckConstraint(condition=models.Q(('month', None), ('month__day', 1), _connector='OR'), name='uku_task_month_is_a_first'), models.CheckConstraint(condition=models.Q(models.Q(('month', None), ('plan', None)), models.Q(('month__isnull', False), ('plan__isnull', False)), _connector='OR'), name='uku_task_month_of_a_plan')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='TaxRateName',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rate', models.DecimalField(decimal_places=2, help_text='per cent', max_digits=5)),
                ('name', models.CharField(max_length=60)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(fields=('workspace', 'rate'), name='uku_tax_rate_name_once')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='TaskValue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('value', models.DecimalField(decimal_places=2, max_digits=14, null=True)),
                ('text', models.CharField(blank=True, db_default='', default='', help_text='yes or no for a field of that kind', max_length=1000)),
                ('statistic', models.CharField(blank=True, db_default='', default='', help_text='what fills it; empty: a person', max_length=50)),
                ('measured', models.DecimalField(decimal_places=2, max_digits=14, null=True)),
                ('measured_at', models.DateTimeField(null=True)),
                ('edited', models.BooleanField(default=False)),
                ('late_dismissed_at', models.DateTimeField(help_text='when a person said not to bill what came late', null=True)),
                ('field', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.taskfield')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='values', to='uku.task')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(fields=('task', 'field'), name='uku_taskvalue_once'), models.CheckConstraint(condition=models.Q(models.Q(('text', ''), ('value__isnull', False)), models.Q(('measured', None), ('statistic', ''), ('value', None), models.Q(('text', ''), _negated=True)), _connector='OR'), name='uku_taskvalue_number_or_text')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='TaskComment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField()),
                ('at', models.DateTimeField()),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='comments', to='uku.task')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'ordering': ('at', 'id'),
                'base_manager_name': 'everywhere',
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='TaskCharge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.DecimalField(decimal_places=2, max_digits=14)),
                ('measured', models.DecimalField(decimal_places=2, help_text='the counted figure that this bills; what comes later is late', max_digits=14, null=True)),
                ('late', models.BooleanField(default=False, help_text='it bills what was counted after the value was billed')),
                ('freed_at', models.DateTimeField(null=True)),
                ('invoice', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='task_charges', to='uku.invoice')),
                ('value', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='charges', to='uku.taskvalue')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(condition=models.Q(('freed_at', None)), fields=('value', 'late'), name='uku_taskcharge_one_of_a_value')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='ProductTier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first', models.PositiveIntegerField()),
                ('price', models.DecimalField(decimal_places=2, max_digits=14)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tiers', to='uku.product')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(fields=('product', 'first'), name='uku_producttier_once'), models.CheckConstraint(condition=models.Q(('first__gte', 2)), name='uku_producttier_after_the_first_piece')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='PlanField',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('statistic', models.CharField(max_length=50)),
                ('agreed', models.PositiveIntegerField(help_text='the volume a month that was agreed with the client', null=True)),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='plan_fields', to='uku.summaryplan')),
                ('field', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.taskfield')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(fields=('plan', 'statistic'), name='uku_planfield_statistic'), models.UniqueConstraint(fields=('plan', 'field'), name='uku_planfield_field')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Payment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('external_number', models.CharField(max_length=30)),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14)),
                ('paid_on', models.DateField(null=True)),
                ('booked', models.BooleanField(default=False)),
                ('invoice', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='payments', to='uku.invoice')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(fields=('invoice', 'external_number'), name='uku_payment_once')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='NumberSeries',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('next_number', models.PositiveBigIntegerField(default=900000001)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(fields=('workspace',), name='uku_numberseries_one')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='NoticeReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='readings', to='uku.notice')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(fields=('notice', 'user'), name='uku_notice_read_once')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='MonthFigure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField()),
                ('statistic', models.CharField(max_length=50)),
                ('count', models.PositiveBigIntegerField(help_text='the last that was read; empty: never', null=True)),
                ('missing', models.CharField(blank=True, choices=[('no_year', 'The books have no financial year for this month.'), ('part_of_a_year', 'Only a part of this month lies in a financial year; that part is counted.'), ('unreadable', 'The books of this month could not be read. Uku tries again tomorrow.'), ('not_permitted', 'The permission to read this is missing.')], help_text='why there is none, or not all', max_length=20)),
                ('final', models.BooleanField(default=False, help_text='the books were locked through the month when it was counted')),
                ('counted_at', models.DateTimeField(null=True)),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='figures', to='uku.summaryplan')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(fields=('plan', 'month', 'statistic'), name='uku_monthfigure_once'), models.CheckConstraint(condition=models.Q(('month__day', 1)), name='uku_monthfigure_month_is_a_first'), models.CheckConstraint(condition=models.Q(('count', None), ('counted_at__isnull', False), _connector='OR'), name='uku_monthfigure_counted_at')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='MonthCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField()),
                ('checked_at', models.DateTimeField()),
                ('checked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(fields=('workspace', 'month'), name='uku_monthcheck_once')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('owner', 'Company Owner'), ('admin', 'Company Admin'), ('member', 'Company Member')], default='member', max_length=10)),
                ('is_active', models.BooleanField(default=True)),
                ('may_see_invoices', models.BooleanField(db_default=True, default=True)),
                ('may_draft_invoices', models.BooleanField(db_default=True, default=True)),
                ('may_issue_invoices', models.BooleanField(db_default=False, default=False)),
                ('may_credit_invoices', models.BooleanField(db_default=False, default=False)),
                ('may_send_invoices', models.BooleanField(db_default=False, default=False)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(fields=('workspace', 'user'), name='uku_membership_once'), models.CheckConstraint(condition=models.Q(('may_see_invoices', True), models.Q(('may_credit_invoices', False), ('may_draft_invoices', False), ('may_issue_invoices', False), ('may_send_invoices', False)), _connector='OR'), name='uku_membership_sees_what_it_changes'), models.UniqueConstraint(condition=models.Q(('role', 'owner')), fields=('workspace',), name='uku_membership_one_owner')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='InvoiceSettings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('way', models.CharField(choices=[('accounting', 'From the accounting system'), ('uku', 'By e-mail from Uku'), ('hand', 'By yourself')], default='uku', max_length=10)),
                ('remind_after', models.PositiveSmallIntegerField(default=5, help_text='banking days after the due date before the first reminder')),
                ('bill_open_tasks', models.BooleanField(db_default=False, default=False, help_text='a number is billed before its task is finished, too')),
                ('late_interest', models.CharField(blank=True, help_text='empty: interest by law', max_length=300)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(fields=('workspace',), name='uku_invoicesettings_one')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='InvoiceRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('kind', models.CharField(choices=[('article', 'Article'), ('text', 'Text')], db_default='article', default='article', max_length=10)),
                ('article_number', models.CharField(blank=True, max_length=50)),
                ('article_company', models.CharField(blank=True, db_default='', default='', max_length=30)),
                ('description', models.CharField(max_length=255)),
                ('quantity', models.DecimalField(decimal_places=2, max_digits=14)),
                ('unit', models.CharField(blank=True, max_length=20)),
                ('price', models.DecimalField(decimal_places=2, max_digits=14)),
                ('discount', models.DecimalField(db_default=Decimal('0'), decimal_places=2, default=Decimal('0'), help_text='per cent of the price', max_digits=5)),
                ('vat_rate', models.DecimalField(decimal_places=2, max_digits=5)),
                ('rate_name', models.CharField(blank=True, db_default='', default='', help_text='what the rate was called when it was issued', max_length=60)),
                ('credits', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='credit_rows', to='uku.invoicerow')),
                ('invoice', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='uku.invoice')),
                ('product', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.product')),
                ('charge', models.ForeignKey(null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='rows', to='uku.taskcharge')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'ordering': ('position',),
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(fields=('invoice', 'position'), name='uku_invoicerow_position'), models.CheckConstraint(condition=models.Q(('discount__gte', 0), ('discount__lte', 100)), name='uku_invoicerow_discount_in_range'), models.CheckConstraint(condition=models.Q(('kind', 'article'), models.Q(('article_number', ''), ('discount', 0), ('price', 0), ('product', None), ('quantity', 0), ('vat_rate', 0)), _connector='OR'), name='uku_invoicerow_text_alone')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='InvoiceDocument',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(choices=[('uku', 'Uku'), ('accounting', 'Accounting system')], max_length=10)),
                ('number', models.CharField(db_default='', default='', help_text='the one it tells: issued again an invoice has another', max_length=30)),
                ('content', models.BinaryField()),
                ('sha256', models.CharField(max_length=64)),
                ('language', models.CharField(blank=True, max_length=2)),
                ('made_at', models.DateTimeField()),
                ('invoice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='uku.invoice')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(fields=('invoice', 'source', 'number'), name='uku_invoicedocument_number')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='InvoiceDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('invoice', 'Invoice'), ('reminder', 'Reminder')], default='invoice', max_length=10)),
                ('way', models.CharField(choices=[('accounting', 'From the accounting system'), ('uku', 'By e-mail from Uku'), ('hand', 'By yourself')], max_length=10)),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('sending', 'Sending'), ('sent', 'Sent'), ('refused', 'Refused'), ('unclear', 'Not confirmed'), ('not_sent', 'Not sent')], default='queued', max_length=10)),
                ('method', models.CharField(blank=True, choices=[('email', 'by e-mail'), ('einvoice', 'as an e-invoice'), ('print', 'as a PDF that you print')], max_length=10)),
                ('to', models.CharField(blank=True, help_text='addresses with a comma between them; cc, bcc alike', max_length=1024)),
                ('cc', models.CharField(blank=True, max_length=1024)),
                ('bcc', models.CharField(blank=True, max_length=1024)),
                ('asked_at', models.DateTimeField()),
                ('began_at', models.DateTimeField(help_text="by the database's clock: since when it is being sent", null=True)),
                ('was_sent', models.BooleanField(default=False, help_text='the accounting system called it sent before, so that this tells nothing')),
                ('ended_at', models.DateTimeField(null=True)),
                ('sent_on', models.DateField(help_text='the day that a person named', null=True)),
                ('error_code', models.CharField(blank=True, max_length=20)),
                ('error_text', models.CharField(blank=True, max_length=500)),
                ('ledger_due_at', models.DateTimeField(null=True)),
                ('ledger_error', models.CharField(blank=True, help_text='why it could not be marked as sent there', max_length=500)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('invoice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='uku.invoice')),
                ('document', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.invoicedocument')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'indexes': [models.Index(condition=models.Q(('ledger_due_at__isnull', False)), fields=['workspace', 'ledger_due_at'], name='uku_invoicedelivery_ledger'), models.Index(condition=models.Q(('state__in', ('queued', 'sending'))), fields=['asked_at'], name='uku_invoicedelivery_moving')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ('queued', 'sending', 'unclear'))), fields=('invoice',), name='uku_invoicedelivery_one_open')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(max_length=254)),
                ('role', models.CharField(choices=[('owner', 'Company Owner'), ('admin', 'Company Admin'), ('member', 'Company Member')], default='member', max_length=10)),
                ('token_hash', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(null=True)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('mailed_at', models.DateTimeField(null=True)),
                ('mail_outcome', models.CharField(db_default='', default='', help_text='empty: the e-mail waits', max_length=10)),
                ('invited_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'constraints': [models.UniqueConstraint(condition=models.Q(('accepted_at', None), ('withdrawn_at', None)), fields=('workspace', 'email'), name='uku_invitation_one_open')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='ImportFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('state', models.CharField(choices=[('reading', 'Being read'), ('unreadable', 'Cannot be read'), ('waiting', 'Needs a decision'), ('importing', 'Being imported'), ('stopped', 'Stopped'), ('imported', 'Imported')], db_default='reading', default='reading', max_length=10)),
                ('workbook', models.BinaryField(db_default=models.Value(b'', models.BinaryField()), default=b'', help_text='of which another sheet can be read')),
                ('content', models.BinaryField(help_text='a text as it came, or the rows of a sheet; empty: to be read')),
                ('encoding', models.CharField(blank=True, help_text='of a text file; empty: to be found', max_length=20)),
                ('delimiter', models.CharField(blank=True, max_length=1)),
                ('sheets', models.JSONField(db_default=models.Value([], models.JSONField()), default=list, help_text='names of those that a person sees')),
                ('sheet', models.PositiveIntegerField(db_default=0, default=0)),
                ('heading_row', models.PositiveIntegerField(db_default=0, default=0, help_text='as numbered; 0: to be found')),
                ('columns', models.JSONField(default=list, help_text='empty: to be recognised')),
                ('hidden_rows', models.PositiveIntegerField(db_default=0, default=0, help_text='that a filter hides')),
                ('hidden_choice', models.CharField(blank=True, choices=[('', 'Not decided'), ('skip', 'Skip'), ('import', 'Import')], db_default='', default='', max_length=10)),
                ('with_sum_line', models.BooleanField(db_default=False, default=False)),
                ('failure', models.CharField(blank=True, db_default='', default='', help_text='why it is unreadable', max_length=30)),
                ('failed_at_row', models.PositiveIntegerField(db_default=0, default=0)),
                ('uploaded_at', models.DateTimeField()),
                ('preview', models.JSONField(help_text='of a large file, what its page shows', null=True)),
                ('previewed_at', models.DateTimeField(null=True)),
                ('rows', models.PositiveIntegerField(db_default=0, default=0, help_text='below the headings, that are read')),
                ('place', models.PositiveIntegerField(db_default=0, default=0, help_text='how many of them are compared or imported')),
                ('new', models.PositiveIntegerField(db_default=0, default=0)),
                ('changed', models.PositiveIntegerField(db_default=0, default=0)),
                ('refused', models.PositiveIntegerField(db_default=0, default=0)),
                ('imported_at', models.DateTimeField(db_column='taken_in_at', null=True)),
                ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('uploaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'db_table': 'uku_clientsheet',
                'base_manager_name': 'everywhere',
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
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
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('action', models.CharField(max_length=60)),
                ('target', models.CharField(max_length=100)),
                ('summary', models.CharField(max_length=500)),
                ('before', models.JSONField(default=dict)),
                ('after', models.JSONField(default=dict)),
                ('at', models.DateTimeField()),
                ('address', models.GenericIPAddressField(null=True)),
                ('position', models.BigIntegerField(db_default=0, default=0, help_text='given by the database, from 1 in each workspace')),
                ('hash', models.CharField(db_default='', default='', help_text='given by the database', max_length=64)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uku.workspace')),
            ],
            options={
                'base_manager_name': 'everywhere',
                'indexes': [models.Index(fields=['workspace', '-id'], name='uku_audit_newest'), models.Index(fields=['workspace', '-position'], name='uku_audit_last'), models.Index(fields=['workspace', 'target', '-position'], name='uku_audit_of_target')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everywhere', django.db.models.manager.Manager()),
            ],
        ),
        *(migrations.RunSQL(*composite_key(*key)) for key in KEYS),
        migrations.RunSQL(CHARGED_INVOICE),
        migrations.RunSQL(APPEND_ONLY),
        migrations.RunSQL(DIGEST),
        migrations.RunSQL(CHAIN),
        migrations.RunSQL(AUDIT_TRIGGERS),
        migrations.RunSQL(FREE_NUMBER),
    ]
