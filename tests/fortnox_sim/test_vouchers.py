"""Vouchers by hand and by booking, their series, and the SIE file of a year."""

import random
from decimal import Decimal

import pytest
from tests.fortnox_sim.client_app import NOW, ClientApp, read_error

from fortnox_sim import Clock, create_app

ROW = {"ArticleNumber": "1", "DeliveredQuantity": "1", "Price": 1000, "VAT": 25}
ROWS = [{"Account": 6110, "Debit": 80}, {"Account": 1910, "Credit": "80.00"}]


def write(client, address="vouchers", **changes):
    facts = {"Description": "Kontantköp", "VoucherSeries": "A", "TransactionDate": "2026-03-30", "VoucherRows": ROWS}
    return client.post(address, Voucher={**facts, **changes})


def sie(client, kind="4", **query):
    return client.get(f"sie/{kind}", **query)


def read_lines(client, **query):
    return sie(client, **query).data.decode("cp437").split("\r\n")


def test_a_voucher_by_hand_has_no_reference_and_takes_the_next_number(client):
    first = write(client, Comments="Kvitto saknas").json["Voucher"]
    second = write(client).json["Voucher"]
    assert (first["VoucherSeries"], first["VoucherNumber"], second["VoucherNumber"]) == ("A", 1, 2)
    assert (first["ReferenceType"], first["ReferenceNumber"], first["Year"]) == ("", "", 2)
    assert [(row["Account"], row["Debit"], row["Credit"]) for row in first["VoucherRows"]] == [
        (6110, 80, 0),
        (1910, 0, 80),
    ]
    shown = client.get("vouchers/A/1", financialyear="2").json["Voucher"]
    assert (shown, shown["Comments"]) == (first, "Kvitto saknas")
    assert client.commits()[-2:] == ["voucher.create", "voucher.create"]


def test_what_a_row_says_is_kept(client):
    said = {"Description": "Penna", "Project": "P1", "CostCenter": "K1", "Quantity": 2, "TransactionInformation": "t"}
    rows = write(client, VoucherRows=[{**ROWS[0], **said}, ROWS[1]]).json["Voucher"]["VoucherRows"]
    assert {key: rows[0][key] for key in said} == said
    assert {key: rows[1][key] for key in said} == {**dict.fromkeys(said, ""), "Quantity": 0}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"VoucherRows": ROWS[:1]}, 2009029),
        ({"VoucherRows": [ROWS[0], {"Account": 1910, "Credit": 79}]}, 2009029),
        ({"VoucherRows": []}, 2009029),
        ({"VoucherRows": None}, 2002649),
        ({"VoucherRows": [{"Account": 9, "Debit": 1}, {"Account": 1910, "Credit": 1}]}, 2001304),
        ({"VoucherSeries": "Ö"}, 2009028),
        ({"TransactionDate": "2024-12-31"}, 2009011),
        ({"TransactionDate": "2027-01-01"}, 2009011),
        ({"TransactionDate": "2026-02-28"}, 2000401),
        ({"Description": ""}, 2009027),
        ({"VoucherNumbers": 5}, 2001399),
    ],
)
def test_what_cannot_be_a_voucher_is_refused_and_takes_no_number(client, changes, code):
    client.control("companies/556001", "PATCH", locked_period="2026-02-28")
    refused = write(client, **changes)
    assert (refused.status_code, read_error(refused)[2]) == (400, code)
    assert write(client).json["Voucher"]["VoucherNumber"] == 1


def test_a_voucher_of_another_year_is_written_where_the_year_is_named(client):
    made = write(client, "vouchers?financialyear=1", TransactionDate="2025-12-31").json["Voucher"]
    assert (made["Year"], made["VoucherNumber"], write(client).json["Voucher"]["VoucherNumber"]) == (1, 1, 1)
    assert [row["Year"] for row in client.get("vouchers", financialyear="1").json["Vouchers"]] == [1]
    assert [row["Year"] for row in client.get("vouchers/sublist").json["Vouchers"]] == [2]
    assert client.get("vouchers/A/1").json["Voucher"]["Year"] == 2


def test_series_are_listed_made_changed_and_tell_their_next_number_in_each_year(client):
    client.booked(ROW)
    listed = {row["Code"]: row for row in client.get("voucherseries").json["VoucherSeriesCollection"]}
    made = client.post("voucherseries", VoucherSeries={"Code": "X1", "Description": "Egen"})
    again = client.post("voucherseries", VoucherSeries={"Code": "X1"})
    nameless = client.post("voucherseries", VoucherSeries={"Description": "Ingen"})
    changed = client.put("voucherseries/X1", VoucherSeries={"Manual": False}).json["VoucherSeries"]
    numbers = [
        client.get("voucherseries/B", financialyear=year).json["VoucherSeries"]["NextVoucherNumber"] for year in (1, 2)
    ]
    assert (listed["B"]["Description"], listed["B"]["Year"], listed["A"]["Manual"]) == ("Kundfakturor", 2, True)
    assert client.get("voucherseries", financialyear="1").json["VoucherSeriesCollection"][0]["Year"] == 1
    assert (made.status_code, made.json["VoucherSeries"]["NextVoucherNumber"]) == (201, 1)
    assert (again.status_code, nameless.status_code, changed["Description"], changed["Manual"]) == (
        400,
        400,
        "Egen",
        False,
    )
    assert numbers == [1, 2]
    assert client.get("voucherseries/Y").status_code == 404


def test_a_series_that_bookings_are_sent_to_is_in_the_register(client):
    client.put("predefinedvoucherseries/INVOICE", PreDefinedVoucherSeries={"VoucherSeries": "K"})
    client.control("companies/556001/vouchers", series="Q", text="Handskriven", rows=[[6110, 80], [1910, -80]])
    codes = {row["Code"] for row in client.get("voucherseries").json["VoucherSeriesCollection"]}
    assert {"K", "Q"} <= codes


def test_a_year_is_written_as_sie_with_every_voucher_and_its_rows(client):
    client.booked(ROW, InvoiceDate="2026-01-31")
    client.switch(quotes_allowed=True)
    write(client, Description='19" skärm\nfrån Åsa', TransactionDate="2026-02-01")
    client.control("companies/556001/vouchers", text="Rättad", rows=[[6110, 5], [1910, -5]], removed=[[5410, 5]])
    lines = read_lines(client)
    assert lines[:4] == ["#FLAGGA 0", "#FORMAT PC8", "#SIETYP 4", '#PROGRAM "Fortnox" 3.57.1']
    assert [line for line in lines if line.startswith(("#FNAMN", "#RAR", "#OMFATTN"))] == [
        '#FNAMN "Exempelbyrån AB"',
        "#RAR 0 20260101 20261231",
        "#RAR -1 20250101 20251231",
        "#OMFATTN 20260331",
    ]
    assert lines[lines.index("") + 1 : -1] == [
        r'#VER "A" "1" 20260201 "19\" skärm från Åsa" 20260331', "{",
        '#TRANS 6110 {} 80 "" "" 0', '#TRANS 1910 {} -80 "" "" 0', "}",
        '#VER "A" "2" 20260331 "Rättad" 20260331', "{",
        '#TRANS 6110 {} 5 "" "" 0', '#TRANS 1910 {} -5 "" "" 0', '#BTRANS 5410 {} 5 "" "" 0', "}",
        '#VER "B" "1" 20260131 "Kundfaktura Almgrens Bygg AB (1001)" 20260331', "{",
        '#TRANS 1510 {} 1250 "" "" 0', '#TRANS 3041 {} -1000 "" "" 0', '#TRANS 2611 {} -250 "" "" 0', "}",
    ]  # fmt: skip


def test_balances_go_on_from_year_to_year_and_results_do_not(client):
    write(client, "vouchers?financialyear=1", TransactionDate="2025-06-30")
    write(client)
    lines = read_lines(client)
    assert [line for line in lines if line.startswith(("#IB", "#UB", "#RES"))] == [
        "#IB 0 1910 -80",
        "#UB 0 1910 -160",
        "#RES 0 6110 80",
    ]


@pytest.mark.parametrize("encoding", ["cp437", "utf-8"])
def test_the_bytes_follow_the_switch_and_the_tag_does_not(client, encoding):
    client.switch(sie_encoding=encoding)
    body = sie(client).data
    assert "#FORMAT PC8\r\n" in body.decode(encoding)
    assert 'Exempelbyrån AB"'.encode(encoding) in body


def test_the_other_types_end_before_the_vouchers_and_unknown_ones_are_refused(client):
    write(client)
    assert [b"#VER" in sie(client, kind).data for kind in ("1", "2", "3", "4")] == [False, False, False, True]
    assert [sie(client, kind).status_code for kind in ("0", "5", "x")] == [400, 400, 400]


def test_a_year_is_named_by_its_id_in_any_case_or_by_a_day(client):
    wanted = "#RAR 0 20250101 20251231"
    named = [{"financialyear": "1"}, {"financialYear": "1"}, {"financialyeardate": "2025-05-01"}]
    assert [wanted in read_lines(client, **query) for query in named] == [True, True, True]
    assert (sie(client, financialyear="9").status_code, wanted in read_lines(client)) == (404, False)


def test_the_books_need_their_scope_and_licence(client):
    for path in ("vouchers", "voucherseries", "sie/4"):
        client.control("companies/556001", "PATCH", licences=["Lön"])
        assert read_error(client.get(path))[2] == 2001101
        client.control("companies/556001", "PATCH", licences=["Kundfaktura"])
        assert client.get(path).status_code == 200
    client.connect(scope="invoice")
    assert read_error(client.get("sie/4"))[2] == 2000663


def test_the_journal_tells_which_vouchers_a_commit_wrote(client):
    since = len(client.journal())
    client.booked(ROW, InvoiceDate="2026-01-31")
    write(client)
    told = [entry["vouchers"] for entry in client.journal(since) if "vouchers" in entry]
    fixed = {"company": "556001", "vouchers": 1}
    assert [{**row, "debit": Decimal(row["debit"])} for rows in told for row in rows] == [
        {**fixed, "series": "B", "month": "2026-01", "rows": 3, "debit": 1250},
        {**fixed, "series": "A", "month": "2026-03", "rows": 2, "debit": 80},
    ]


def test_a_simulator_begins_with_as_many_vouchers_as_asked_for():
    client = ClientApp(create_app("empty", clock=Clock(NOW), rng=random.Random(7), vouchers=730))
    client.connect()
    listed = client.get("vouchers", financialyear="2", limit=500)
    assert listed.json["MetaInformation"]["@TotalResources"] == 730
    sums = [
        sum(a for _, a in row["VoucherRows"])
        for row in client.app.installation.company("556001").table("vouchers").values()
    ]
    assert (len(sums), set(sums)) == (730, {0})
    [seed] = [entry for entry in client.journal() if entry["action" if "action" in entry else "kind"] == "seed"]
    assert sum(row["vouchers"] for row in seed["vouchers"]) == 730
    assert len(seed["vouchers"]) == 60


# A voucher by hand, and Fortnox's own sample of a booked invoice.
RECORDED = {
    "@url": "https://api.fortnox.se/3/vouchers/A/1?financialyear=2", "Comments": None, "Description": "Kontantköp",
    "ReferenceNumber": "", "ReferenceType": "", "TransactionDate": "2026-03-30", "VoucherNumber": 1,
    "VoucherSeries": "A", "Year": 2, "ApprovalState": 0,
}  # fmt: skip


def test_a_voucher_is_listed_as_it_was_recorded(client):
    write(client)
    number = client.booked(ROW)["DocumentNumber"]
    by_hand, invoice = client.get("vouchers", financialyear="2").json["Vouchers"]
    assert (by_hand, list(by_hand)) == (RECORDED, list(RECORDED))
    assert (invoice["Description"], invoice["ReferenceNumber"], invoice["ReferenceType"], invoice["VoucherSeries"]) == (
        f"Kundfaktura Almgrens Bygg AB ({number})",
        number,
        "INVOICE",
        "B",
    )


def test_vouchers_of_164_fill_two_pages(client):
    """The figures of a recorded list."""
    for number in range(164):
        client.control("companies/556001/vouchers", text=str(number), rows=[[6110, 80], [1910, -80]])
    assert client.get("vouchers").json["MetaInformation"] == {
        "@TotalResources": 164,
        "@TotalPages": 2,
        "@CurrentPage": 1,
    }
