"""The number decides alone, a name with its e-mail is as good, a name alone only suggests (B14, L15 to L17)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uku.clients.matching import ContactDetails, Index, Match, Strength, is_personal, normalise_number, shown

AKERLUNDS = ContactDetails("1", "Åkerlunds Bygg AB", "556036-0793", "info@akerlunds.example", "211 34")
BARE = ContactDetails("2", "Bokhandeln Sidan", "", "hej@sidan.example", "222 20")


@pytest.mark.parametrize(
    ("written", "normalised"),
    [
        ("212000-0142", "2120000142"),
        ("212000-1355", "2120001355"),
        ("556036-0793", "5560360793"),
        ("556047-3521", "5560473521"),
        ("16556036-0793", "5560360793"),
        (" 556036 0793 ", "5560360793"),
        ("556036\u00a00793", "5560360793"),
        ("556036–0793", "5560360793"),
        ("SE556036079301", "5560360793"),
        ("se 556036-0793 01", "5560360793"),
        ("750231-0241", "7502310241"),
        ("19750231-0241", "7502310241"),
        ("750231+0241", "7502310241"),
        ("1366959-8", "FI13669598"),
        ("FI13669598", "FI13669598"),
        ("fi 0112038-9", "FI01120389"),
        ("0737546-2", "FI07375462"),
    ],
)
def test_a_number_that_passes_its_check_is_normalised(written, normalised):
    assert normalise_number(written) == normalised


@pytest.mark.parametrize(
    "written",
    [
        "",
        "-",
        "556036-0794",
        "16556036-0794",
        "99556036-0793",
        "SE55603607930",
        "SE556036079401",
        "5560360793X",
        "1366959-7",
        "0000102-1",
        "0000102-0",
        "FI5560360793",
        "٥٥٦٠٣٦٠٧٩٣",
        "²²²²²²²²²²",
        "HRB 12345",
        "GB123456789",
    ],
)
def test_what_is_no_number_normalises_to_nothing(written):
    assert normalise_number(written) == ""


@given(st.one_of(st.text(), st.text(alphabet="0123456789 -+SEFI", max_size=16)))
def test_normalising_never_fails_and_settles(text):
    number = normalise_number(text)
    assert normalise_number(number) == number
    assert normalise_number(shown(number)) in {number, ""}


@given(st.text(), st.text(), st.text())
def test_matching_is_symmetric_and_never_fails(name, number, email):
    one, other = ContactDetails("1", name, number, email), AKERLUNDS
    there = [match.strength for match in Index([other]).find(one)]
    back = [match.strength for match in Index([one]).find(other)]
    assert there == back


def test_a_sole_traders_number_is_personal_and_its_end_is_masked():
    assert [is_personal(number) for number in ("7502310241", "5560360793", "FI13669598", "")] == [
        True,
        False,
        False,
        False,
    ]
    assert [shown(number) for number in ("7502310241", "5560360793", "FI13669598", "")] == [
        "750231-****",
        "556036-0793",
        "1366959-8",
        "",
    ]


def test_the_number_decides_alone():
    customer = ContactDetails("x", "Another Name", "16556036-0793", "other@name.example")
    assert Index([AKERLUNDS, BARE]).find(customer) == [
        Match("1", Strength.STRONG, "Same organisation number 556036-0793")
    ]


def test_a_persons_number_is_masked_in_the_evidence():
    person = ContactDetails("7", "Maja Ek", "750231-0241")
    assert [match.evidence for match in Index([person]).find(person)] == ["Same organisation number 750231-****"]


def test_two_clients_with_the_same_number_are_both_told():
    twin = ContactDetails("3", "Åkerlunds Bygg, Lund", "5560360793")
    assert [match.key for match in Index([AKERLUNDS, twin]).find(AKERLUNDS)] == ["1", "3"]


def test_name_and_e_mail_together_are_strong():
    customer = ContactDetails("x", "BOKHANDELN SIDAN", "", "Hej@Sidan.example")
    assert Index([AKERLUNDS, BARE]).find(customer) == [
        Match("2", Strength.STRONG, "Same name and e-mail hej@sidan.example")
    ]


@pytest.mark.parametrize(
    ("postcode", "evidence"),
    [("22220", "Same name and postcode 222 20"), ("999 99", "Same name"), ("", "Same name")],
)
def test_a_name_only_suggests(postcode, evidence):
    customer = ContactDetails("x", "Bokhandeln Sidan HB", "", "", postcode)
    assert Index([AKERLUNDS, BARE]).find(customer) == [Match("2", Strength.WEAK, evidence)]


def test_an_e_mail_alone_says_nothing():
    assert Index([BARE]).find(ContactDetails("x", "Another Name", "", BARE.email)) == []


def test_contradicting_numbers_never_match_whatever_else_is_the_same():
    customer = ContactDetails("x", AKERLUNDS.name, "556047-3521", AKERLUNDS.email, AKERLUNDS.postcode)
    assert Index([AKERLUNDS]).find(customer) == []


def test_a_number_that_fails_its_check_neither_matches_nor_contradicts():
    wrong = ContactDetails("x", AKERLUNDS.name, "556036-0794", AKERLUNDS.email)
    assert [match.strength for match in Index([AKERLUNDS]).find(wrong)] == [Strength.STRONG]
    assert Index([wrong]).find(ContactDetails("y", "Another Name", "556036-0794")) == []


def test_records_without_a_name_do_not_match_each_other():
    assert (
        Index([ContactDetails("1", "", email="a@b.example")]).find(ContactDetails("2", "", email="a@b.example")) == []
    )
    assert Index([ContactDetails("1", "AB")]).find(ContactDetails("2", "HB")) == []
