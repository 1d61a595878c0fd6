"""What stood in JSON, in texts and in sentences before is carried over into columns."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module

import pytest
from django.db import connection as database
from django.db.migrations.loader import MigrationLoader

from uku.integrations.fortnox.models import CustomerRecord, ExportState, InvoiceExport, Reload, SyncRun
from uku.kit import clock
from uku.workspaces.models import User

WHOLE = datetime(2026, 5, 4, 12, tzinfo=UTC)


def run_sql(migration, *names):
    module = import_module(f"uku.integrations.fortnox.migrations.{migration}")
    with database.cursor() as cursor:
        for name in names:
            cursor.execute(getattr(module, name))


def test_what_steered_a_run_stands_in_columns_and_what_it_counted_stays(scope):
    steering = {"list_told": 12, "list_came": 5, "list_moved": 1, "again": 1, "uneven": 1, "list_before": 3}
    counts = {**steering, "paused": 1, "tries": 2, "resumed": 4, "seen": 8, "total": 15}
    place = {"company_id": "1", "started_at": clock.now()}
    cut_off = SyncRun.objects.create(**place, kind="customers", counts=counts)
    fresh = SyncRun.objects.create(**place, kind="articles", counts={"seen": 1})
    run_sql("0019_steering_columns", "RUNS")
    cut_off.refresh_from_db()
    fresh.refresh_from_db()
    lists = (cut_off.list_total, cut_off.list_rows, cut_off.list_moved, cut_off.list_reread, cut_off.seen_before_list)
    assert lists == (12, 5, True, True, 3)
    assert (cut_off.paused, cut_off.tries, cut_off.interruptions, cut_off.lists_disagreed) == (True, 2, 4, True)
    assert (cut_off.counts, fresh.counts) == ({"seen": 8, "total": 15}, {"seen": 1})
    assert (fresh.list_total, fresh.paused, fresh.tries, fresh.interruptions) == (None, False, 0, 0)


def test_a_reload_that_waits_waits_on(scope):
    seconds = int(WHOLE.timestamp())
    details = {"details_total": 30, "details_read": 20, "details_began": seconds, "details_tries": 1}
    counts = {**details, "rests_until": seconds + 300, "requests": 44, "expect_details": 30}
    made = Reload.objects.create(company_id="1", started_at=WHOLE, counts=counts)
    run_sql("0019_steering_columns", "RELOADS")
    made.refresh_from_db()
    assert (made.retry_at - WHOLE).total_seconds() == 300
    assert (made.details_total, made.details_read, made.details_began_at, made.details_tries) == (30, 20, WHOLE, 1)
    assert (made.requests, made.counts) == (44, {"expect_details": 30})


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("disconnected", ("disconnected", "")),
        ("other_company", ("other_company", "")),
        ("trouble:needs_authorization", ("blocked", "needs_authorization")),
        ("run:payments", ("phase_failed", "")),
        ("lasting", ("phase_failed", "")),
        ("", ("", "")),
    ],
)
def test_why_a_reload_stopped_is_known_still(scope, text, reasons):
    made = Reload.objects.create(company_id="1", started_at=WHOLE)
    with database.cursor() as cursor:
        cursor.execute("UPDATE fortnox_reload SET text = %s WHERE id = %s", [text, made.pk])
    run_sql("0019_steering_columns", "RELOADS")
    made.refresh_from_db()
    assert (made.stop_reason, made.block_reason) == reasons


SENTENCES = {
    "Linked by Olga Olsson": ("person", "Olga Olsson", "Linked by Olga Olsson"),
    "Linked by Twin": ("person", None, "Linked by a person"),
    "Unlinked by olga@exempelbyran.example": ("unlinked", None, "Unlinked by a person"),
    "Made by Olga Olsson": ("created", "Olga Olsson", "Created by Olga Olsson"),
    "Made from the Fortnox customer": ("created", None, "Created from the Fortnox customer"),
    "Same organisation number 455000-0006": ("organisation_number", None, None),
    "Same organisation number 455000-0006, name and e-mail info@ek.example": ("organisation_number", None, None),
    "Same organisation number in the VAT number, 455000-0006 and name": ("vat_number", None, None),
    "Same name and e-mail info@ek.example": ("email", None, None),
    "Same name in another order. Different legal form": ("name", None, None),
    "Same name but for one letter, postcode 222 22 and phone 0811111. 2 clients fit as well": (
        "name",
        None,
        "Same name with one letter different, postcode 222 22 and phone 0811111. 2 clients match equally well",
    ),
    "Same name. Different organisation number: the client has 455000-0006, legal form and part of the country: the"
    " client has postcode 222 22. 11 clients fit as well": (
        "name",
        None,
        (
            "Same name. Different organisation number: the client has 455000-0006, legal form and part of the country:"
            " the client has postcode 222 22. 11 clients match equally well"
        ),
    ),
    "": ("", None, None),
}


def test_why_a_customer_is_linked_is_taken_out_of_its_sentence_and_said_in_the_same_words(scope, owner, member, admin):
    User.objects.filter(pk=owner.pk).update(name="Olga Olsson")
    User.objects.filter(pk__in=[member.pk, admin.pk]).update(name="Twin")
    for number, sentence in enumerate(SENTENCES):
        record = CustomerRecord.objects.create(company_id="1", number=number, name="Ek AB", seen_at=WHOLE)
        with database.cursor() as cursor:
            cursor.execute("UPDATE fortnox_customerrecord SET evidence = %s WHERE id = %s", [sentence, record.pk])
    migration = import_module("uku.integrations.fortnox.migrations.0021_carry_link_reasons")
    before = MigrationLoader(database).project_state(("fortnox", "0020_link_reasons"))
    migration.carry_over(before.apps, None)
    found = CustomerRecord.objects.select_related("linked_by").order_by("pk")
    rows = [(row.linked_because, row.linked_by and row.linked_by.name, row.evidence) for row in found]
    assert rows == [(reason, who, words or told) for told, (reason, who, words) in SENTENCES.items()]


def test_an_invoice_that_kept_its_number_says_so_in_a_column(shop):
    kept, used = (shop.export_of(shop.issue()) for _ in range(2))
    for export, code in ((kept, "number_kept"), (used, "number_used")):
        InvoiceExport.objects.filter(pk=export.pk).update(state=ExportState.REJECTED, error_code=code)
    run_sql("0018_number_kept", "CARRIED_OVER")
    rows = InvoiceExport.objects.filter(pk__in=(kept.pk, used.pk)).order_by("pk")
    assert [*rows.values_list("error_code", "number_kept")] == [("number_used", True), ("number_used", False)]
