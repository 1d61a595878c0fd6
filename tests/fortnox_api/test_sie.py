"""The reader of SIE files, against files whose vouchers, rows and sums were counted by hand."""

import io
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fortnox_api.sie_vectors import REFUSED, VECTORS

from fortnox_api import SieError, SieFile, SieFlag
from fortnox_api._sie import SieTally
from fortnox_api._sie_text import parse_amount


def by_name(vectors):
    return [pytest.param(vector, id=vector.name) for vector in vectors]


def counted(count):
    return {
        (series, month.strftime("%Y-%m") if month else ""): (tally.vouchers, tally.rows, tally.debit)
        for (series, month), tally in count.months.items()
    }


@pytest.mark.parametrize("vector", by_name(VECTORS))
def test_a_file_gives_the_counts_that_were_made_by_hand(vector):
    with SieFile(vector.content) as file:
        count = file.count()
        texts = tuple(voucher.text for voucher in file.vouchers())
    expected = {key: (vouchers, rows, Decimal(debit)) for key, (vouchers, rows, debit) in vector.months.items()}
    assert (counted(count), dict(count.flags), count.stray_rows) == (expected, vector.flags, vector.stray_rows)
    assert file.encoding == vector.encoding
    assert vector.texts in {(), texts}


@pytest.mark.parametrize("refused", by_name(REFUSED))
def test_what_cannot_be_read_is_refused_with_its_line_and_gives_nothing(refused):
    with pytest.raises(SieError) as caught:
        SieFile(refused.content)
    assert (caught.value.line, caught.value.reason) == (refused.line, refused.reason)
    assert str(caught.value) == f"line {refused.line}: {refused.reason}"


def test_the_head_is_read_in_the_encoding_of_the_bytes():
    with SieFile(VECTORS[0].content) as file:
        assert (file.company_name, file.organisation_number, file.program) == ("Åkerö Bygg AB", "", "Bokföring")
        assert (file.sie_type, file.declared_encoding) == ("4", "PC8")
        assert file.years == {
            0: (date(2026, 1, 1), date(2026, 12, 31)),
            -1: (date(2025, 1, 1), date(2025, 12, 31)),
        }


def test_vouchers_come_whole_with_their_rows_and_the_line_they_begin_on():
    with SieFile(VECTORS[0].content) as file:
        first = next(file.vouchers())
    assert (first.series, first.number, first.day, first.line) == ("A", "1", date(2026, 1, 5), 24)
    assert [(row.account, row.amount, row.text) for row in first.rows] == [
        ("1910", Decimal("-137.00"), ""),
        ("5800", Decimal("129.25"), ""),
        ("2641", Decimal("7.75"), ""),
    ]
    assert (first.debit, first.flags) == (Decimal("137.00"), frozenset())


def test_two_can_read_the_same_file_at_the_same_time():
    with SieFile(VECTORS[0].content) as file:
        pairs = list(zip(file.vouchers(), file.vouchers(), strict=True))
    assert len(pairs) == 4
    assert all(one == other for one, other in pairs)


def test_days_can_be_counted_alone():
    with SieFile(VECTORS[0].content) as file:
        january = file.count(date(2026, 1, 6), date(2026, 1, 31))
        none = file.count(date(2027, 1, 1))
    assert january.months == {("A", date(2026, 1, 1)): SieTally(1, 3, Decimal(530))}
    assert (january.total, none.total) == (SieTally(1, 3, Decimal(530)), SieTally())


def test_vouchers_without_a_date_are_in_no_range_of_days():
    content = b"#FLAGGA 0\n#VER A 1\n{\n#TRANS 1930 {} 0\n}\n"
    with SieFile(content) as file:
        assert (file.count().total.vouchers, file.count(date(1900, 1, 1)).total.vouchers) == (1, 0)
        assert file.count().flags == Counter({SieFlag.NO_DATE: 1})


def test_a_file_is_read_from_a_path_and_from_a_stream(tmp_path):
    path = tmp_path / "bokföring.se"
    path.write_bytes(VECTORS[0].content)
    with SieFile(path) as by_path, SieFile(str(path)) as by_text, SieFile(path.open("rb")) as by_stream:
        assert by_path.count() == by_text.count() == by_stream.count()


def test_a_file_that_is_refused_is_closed():
    stream = io.BytesIO(b"no SIE")
    with pytest.raises(SieError):
        SieFile(stream)
    assert stream.closed


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("vector", by_name(VECTORS))
def test_it_does_not_matter_where_a_file_is_cut_into_chunks(vector, size, monkeypatch):
    with SieFile(vector.content) as file:
        whole = file.count()
    monkeypatch.setattr("fortnox_api._sie_text._CHUNK", size)
    with SieFile(vector.content) as file:
        assert file.count() == whole


def test_a_file_without_braces_ends_with_its_last_row():
    content = b"#FLAGGA 0\n#VER A 1 20260101 x\n#TRANS 1930 {} -1\n#TRANS 6110 {} 1\n"
    with SieFile(content) as file:
        assert [(len(each.rows), each.flags) for each in file.vouchers()] == [(2, {SieFlag.NOT_CLOSED})]


def test_what_comes_behind_a_voucher_without_braces_ends_it():
    content = b"#FLAGGA 0\n#KSUMMA\n#VER A 1 20260101 x\n#UB 0 1930 5\n#VER A 2 20260101 {}\n#KSUMMA 1\n"
    with SieFile(content) as file:
        assert [(each.number, len(each.rows)) for each in file.vouchers()] == [("1", 0), ("2", 0)]


@pytest.mark.parametrize("vector", by_name([vector for vector in VECTORS if vector.months]))
def test_a_file_that_is_cut_anywhere_gives_whole_vouchers_or_an_error(vector):
    """A cut between two vouchers cannot be seen; every other one is an error that names a line of the file."""
    with SieFile(vector.content) as file:
        whole = list(file.vouchers())
    for end in range(len(vector.content)):
        found = read_all(vector.content[:end])
        if isinstance(found, SieError):
            assert 1 <= found.line <= len(vector.content[:end].splitlines()) + 1
        else:
            vouchers = found[1]
            assert [len(each.rows) for each in vouchers] == [len(each.rows) for each in whole[: len(vouchers)]]


ODD = ["#VER", "#TRANS", "#BTRANS", "#RAR 0", "#KSUMMA", "#FLAGGA 0", "{", "}", '"', "\\", "20260101", "1930", "-5,0"]
BLANKS = ["\n", "\r", "\r\n", " ", "\t", "\x00", "\x1a", "å", "ö", "\x84"]


def read_all(content):
    try:
        with SieFile(content) as file:
            return file.count(), list(file.vouchers())
    except SieError as error:
        return error


@settings(max_examples=2000)
@given(st.binary(max_size=300))
def test_no_bytes_give_another_error(content):
    read_all(content)
    read_all(b"#FLAGGA 0\n#VER A 1 20260101 " + content)


@settings(max_examples=2000)
@given(st.lists(st.sampled_from([*ODD, *BLANKS]) | st.text('{}"\\# 1a\n', max_size=6), max_size=60))
def test_no_mix_of_labels_braces_and_quotes_gives_another_error_or_loses_a_row(parts):
    content = ("#FLAGGA 0\n" + "".join(parts)).encode()
    found = read_all(content)
    if not isinstance(found, SieError):
        count, vouchers = found
        assert count.total.vouchers == len(vouchers)
        assert count.total.rows == sum(len(voucher.rows) for voucher in vouchers)


@pytest.mark.parametrize(
    "piece", [b'"', b"\\", b'\\"', b"{", b"}", b'{"', b'"{', b"{}", b"#", b'""', b'" ', b"1 ", b"\xc3"]
)
def test_a_line_of_the_same_thing_over_and_over_is_read_in_linear_steps(piece):
    """Ten times the line may not take a hundred times the time; counted in a hundred lines of 90,000 bytes."""
    line = b"#TRANS 1930 {} " + piece * (90_000 // len(piece)) + b"\n"
    read_all(b"#FLAGGA 0\n#VER A 1 20260101 x\n{\n" + line * 10 + b"}\n")


@given(st.text(st.characters(codec="cp437", exclude_categories=["Cc"]), max_size=40))
def test_a_text_comes_back_as_it_was_written(text):
    written = text.replace('"', '\\"')
    content = f'#FLAGGA 0\n#FNAMN "Åäö åäö ÅÄÖ åäö"\n#VER A 1 20260101 "{written}x"\n{{\n}}\n'.encode("cp437")
    with SieFile(content) as file:
        assert file.encoding == "cp437"
        if "\\" not in text:
            assert next(file.vouchers()).text == f"{text}x"


@pytest.mark.parametrize(
    ("raw", "amount"),
    [
        (b"1.234.567", 1234567),
        (b"1,234,567", 1234567),
        (b"1.234,50", Decimal("1234.50")),
        (b"-1 234.5", Decimal("-1234.5")),
    ],
)
def test_points_between_thousands_are_no_decimal_points(raw, amount):
    assert parse_amount(raw) == amount
