"""Why a customer is linked or suggested is carried over into its columns; it stood in a sentence.

The sentences were English only, and each is taken apart into what made it. Whose name it tells is looked up among the
members of the workspace; where two have the same name, or nobody has it any more, nobody is named.
"""

import re

from django.db import migrations

BATCH = 500
PREFIXES = (  # the longer ones first
    ("organisation number in the VAT number| ", "vat"),
    ("organisation number: the client has ", "number"),
    ("organisation number ", "number"),
    ("part of the country: the client has postcode ", "postcode"),
    ("name in another order", "turned name"),
    ("name but for one letter", "similar name"),
    ("name", "name"),
    ("e-mail ", "email"),
    ("postcode ", "postcode"),
    ("phone ", "phone"),
    ("legal form", "form"),
)
REASONS = (("number", "organisation_number"), ("vat", "vat_number"), ("email", "email"))
BY_PERSON = {"Linked by ": "person", "Made by ": "created", "Unlinked by ": "unlinked"}


def facts(listed):
    """Take `name, e-mail info@ek.example and phone 08-1` apart."""
    found = []
    for phrase in re.split(r", | and ", listed.replace("VAT number, ", "VAT number| ")):
        prefix, field = next((pair for pair in PREFIXES if phrase.startswith(pair[0])), ("", ""))
        if field:
            found.append([field, phrase.removeprefix(prefix)])
    return found


def columns(sentence):
    """Return the reason, what agreed, what differed, how many fitted, and the name of who decided."""
    for prefix, reason in BY_PERSON.items():
        if sentence.startswith(prefix):
            return reason, [], [], 0, sentence.removeprefix(prefix)
    if sentence.startswith("Made "):
        return "created", [], [], 0, ""
    agreed, against, more = [], [], 0
    for part in sentence.split(". "):
        if part.startswith("Same "):
            agreed = facts(part.removeprefix("Same "))
        elif part.startswith("Different "):
            against = facts(part.removeprefix("Different "))
        elif match := re.fullmatch(r"(\d+) clients fit as well", part):
            more = int(match[1])
    fields = {field for field, _ in agreed}
    reason = next((reason for field, reason in REASONS if field in fields), "name" if fields else "")
    return reason, agreed, against, more, ""


def carry_over(apps, schema_editor):
    members = {}
    for member in apps.get_model("uku", "Membership").objects.select_related("user"):
        name = (member.workspace_id, member.user.name or member.user.email)
        members[name] = None if name in members else member.user_id
    records = apps.get_model("fortnox", "CustomerRecord").objects
    told = records.exclude(evidence="").order_by("pk")
    last = 0
    while rows := list(told.filter(pk__gt=last)[:BATCH]):
        last = rows[-1].pk
        for row in rows:
            row.linked_because, row.agreed, row.against, row.fitting, name = columns(row.evidence)
            row.linked_by_id = members.get((row.workspace_id, name))
        records.bulk_update(rows, ["linked_because", "agreed", "against", "fitting", "linked_by"])


# Last week's worker still writes it; a later migration drops it.
KEEP_EVIDENCE = "ALTER TABLE fortnox_customerrecord ALTER COLUMN evidence SET DEFAULT ''"


class Migration(migrations.Migration):
    dependencies = [("fortnox", "0020_link_reasons"), ("uku", "0013_import_files")]
    operations = [
        migrations.RunSQL(KEEP_EVIDENCE, migrations.RunSQL.noop),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("customerrecord", "evidence")]),
    ]
