"""References stay inside one workspace; each audit entry is chained to the one before and never changes."""

from django.db import migrations

from uku.kit.scoping import composite_key

KEYS = [("uku_noticereading", "notice_id", "uku_notice")]

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
EARLIER = """
DO $$ DECLARE entry uku_auditentry; last uku_auditentry;
BEGIN
  FOR entry IN SELECT * FROM uku_auditentry ORDER BY workspace_id, id LOOP
    IF last.workspace_id IS DISTINCT FROM entry.workspace_id THEN
      last := NULL;
    END IF;
    entry.position := coalesce(last.position, 0) + 1;
    entry.hash := uku_audit_digest(coalesce(last.hash, ''), entry);
    UPDATE uku_auditentry SET position = entry.position, hash = entry.hash WHERE id = entry.id;
    last := entry;
  END LOOP;
END $$;
"""
TRIGGERS = """
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
BACK = """
ALTER TABLE uku_auditentry DROP CONSTRAINT uku_audit_one_position;
DROP TRIGGER uku_audit_stays ON uku_auditentry;
DROP TRIGGER uku_audit_chain ON uku_auditentry;
DROP FUNCTION uku_audit_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("uku", "0003_people_and_notices")]
    operations = [
        *(migrations.RunSQL(*composite_key(*key)) for key in KEYS),
        migrations.RunSQL(DIGEST, "DROP FUNCTION uku_audit_digest;"),
        migrations.RunSQL(CHAIN, "DROP FUNCTION uku_audit_chain;"),
        migrations.RunSQL(EARLIER, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGERS, BACK),
    ]
