"""The number decides alone, a name with its e-mail is as good, a name alone only suggests."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from uku.clients import evidence
from uku.clients.matching import (
    ContactDetails,
    Field,
    Index,
    Outcome,
    Strength,
    is_personal,
    normalise_number,
    outcome,
    shown,
    weigh,
)

AKERLUNDS = ContactDetails("1", "Åkerlunds Bygg AB", "556036-0793", "info@akerlunds.example", "211 34")
BARE = ContactDetails("2", "Bokhandeln Sidan", "", "hej@sidan.example", "222 20")


def told(found):
    """What a person reads of each match."""
    return [(match.key, match.strength, evidence.in_words(match), evidence.against_in_words(match)) for match in found]


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
    """B14, L15, L16, L17"""
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
        "12556036079301",
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
    assert told(Index([AKERLUNDS, BARE]).find(customer)) == [
        ("1", Strength.STRONG, "Same organisation number 556036-0793", "Different name")
    ]


def test_a_persons_number_is_masked_in_the_evidence():
    person = ContactDetails("7", "Maja Ek", "750231-0241")
    namesake = ContactDetails("8", "Maja Ek", "750231-1249")
    assert told(Index([person]).find(person)) == [
        ("7", Strength.STRONG, "Same organisation number 750231-**** and name", "")
    ]
    assert told([weigh(namesake, person)]) == [
        ("7", Strength.NONE, "Same name", "Different organisation number: the client has 750231-****")
    ]


def test_two_clients_with_the_same_number_are_both_told():
    twin = ContactDetails("3", "Åkerlunds Bygg, Lund", "5560360793")
    assert [match.key for match in Index([AKERLUNDS, twin]).find(AKERLUNDS)] == ["1", "3"]


def test_name_and_e_mail_together_are_strong():
    customer = ContactDetails("x", "BOKHANDELN SIDAN", "", "Hej@Sidan.example")
    assert told(Index([AKERLUNDS, BARE]).find(customer)) == [
        ("2", Strength.STRONG, "Same name and e-mail hej@sidan.example", "")
    ]


@pytest.mark.parametrize(
    ("postcode", "agreed", "against"),
    [
        ("22220", "Same name and postcode 222 20", ""),
        ("SE-222 20", "Same name and postcode 222 20", ""),
        ("999 99", "Same name", "Different part of the country: the client has postcode 222 20"),
        ("", "Same name", ""),
    ],
)
def test_a_name_only_suggests(postcode, agreed, against):
    customer = ContactDetails("x", "Bokhandeln Sidan HB", "", "", postcode)
    assert told(Index([AKERLUNDS, BARE]).find(customer)) == [("2", Strength.WEAK, agreed, against)]


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


SIDAN = {"name": "Bokhandeln Sidan AB", "email": "hej@sidan.example", "postcode": "222 20", "phone": "046-12 34 56"}


@pytest.mark.parametrize(
    ("customer", "strength", "agreed", "against"),
    [
        (
            {"name": "Bokhandeln Sidan HB"},
            Strength.WEAK,
            "Same name and e-mail hej@sidan.example",
            "Different legal form",
        ),
        (
            {"postcode": "903 20"},
            Strength.WEAK,
            "Same name and e-mail hej@sidan.example",
            "Different part of the country: the client has postcode 222 20",
        ),
        (
            {"postcode": "903 20", "phone": "+46 (0)46 12 34 56"},
            Strength.STRONG,
            "Same name, e-mail hej@sidan.example and phone +4646123456",
            "",
        ),
        (
            {"name": "Bokhandeln Sidna AB"},
            Strength.WEAK,
            "Same name with one letter different and e-mail hej@sidan.example",
            "",
        ),
        (
            {"name": "Bokhandeln Sidan AB", "email": "", "phone": "0046 46123456"},
            Strength.WEAK,
            "Same name and phone +4646123456",
            "",
        ),
        ({"name": "Bokhandeln Sodna AB"}, None, "", ""),
        ({"name": "Bokhandeln Sidan 2 AB"}, None, "", ""),
    ],
)
def test_what_contradicts_leaves_it_to_a_person_and_is_told(customer, strength, agreed, against):
    there = ContactDetails("2", **SIDAN)
    found = Index([AKERLUNDS, there]).find(
        ContactDetails("x", **{"name": SIDAN["name"], "email": SIDAN["email"], **customer})
    )
    assert told(found) == ([("2", strength, agreed, against)] if strength else [])


def test_the_veto_of_another_number_is_told_with_all_that_agrees():
    twin = ContactDetails("9", AKERLUNDS.name, "556047-3521", AKERLUNDS.email, AKERLUNDS.postcode)
    assert told([weigh(AKERLUNDS, twin)]) == [
        (
            "9",
            Strength.NONE,
            "Same name, e-mail info@akerlunds.example and postcode 211 34",
            "Different organisation number: the client has 556047-3521",
        )
    ]


@pytest.mark.parametrize(("vat", "field"), [("SE556036079301", Field.VAT), ("SE556036079401", None)])
def test_a_vat_number_stands_in_for_a_missing_organisation_number(vat, field):
    found = Index([AKERLUNDS]).find(ContactDetails("x", "Another Name", vat_number=vat))
    assert [match.agreed[0].field for match in found] == ([field] if field else [])


def test_a_vat_number_does_not_overrule_an_organisation_number():
    """A group's VAT number is its head's: members have numbers of their own."""
    member = ContactDetails("x", AKERLUNDS.name, "556047-3521", AKERLUNDS.email, vat_number="SE556036079301")
    assert Index([AKERLUNDS]).find(member) == []


@pytest.mark.parametrize("number", ["000000-0000", "999999-9999", "5555555555", "121212-1212"])
def test_a_number_typed_to_fill_the_field_is_none(number):
    there = ContactDetails("1", "Ek Bygg AB", number)
    assert Index([there]).find(ContactDetails("x", "Berg Data AB", number)) == []


def test_branches_with_one_name_and_one_e_mail_are_left_to_a_person():
    """B42: name and e-mail decide only where one client alone has them, even when numbers tell the others apart."""
    name, email = "Bilkedjan AB", "kund@bilkedjan.example"
    lund, malmo = ContactDetails("1", name, "556036-0793", email), ContactDetails("2", name, "", email, "211 34")
    assert outcome(Index([malmo]).find(ContactDetails("x", name, "", email))) == Outcome.STRONG
    assert outcome(Index([lund, malmo]).find(ContactDetails("x", name, "", email))) == Outcome.AMBIGUOUS
    assert outcome(Index([lund, malmo]).find(ContactDetails("x", name, "556047-3521", email))) == Outcome.WEAK


def test_only_a_persons_name_is_one_with_its_words_turned_round():
    """Whoever has a company's number is no person, whatever its name looks like."""
    turned = ContactDetails("x", "Lind Anna", email="anna@lind.example")
    person, company = (ContactDetails("1", "Anna Lind", number, turned.email) for number in ("", "5560360793"))
    assert [len(Index([known]).find(turned)) for known in (person, company)] == [1, 0]


def test_each_outcome_and_that_a_client_with_a_link_is_only_suggested():
    """B42"""
    twins = [AKERLUNDS, ContactDetails("3", "Åkerlunds Bygg, Lund", "5560360793")]
    strong, weak = Index([AKERLUNDS]).find(AKERLUNDS), Index([BARE]).find(ContactDetails("x", BARE.name))
    assert [outcome(found) for found in (strong, weak, Index(twins).find(AKERLUNDS), [])] == [
        Outcome.STRONG,
        Outcome.WEAK,
        Outcome.AMBIGUOUS,
        Outcome.NONE,
    ]
    assert outcome(strong, taken={"1"}) == Outcome.WEAK
    assert evidence.for_a_person(Index(twins).find(AKERLUNDS)) == (
        "Same organisation number 556036-0793, name, e-mail info@akerlunds.example and postcode"
        " 211 34. 2 clients match equally well"
    )


def test_twenty_thousand_clients_of_one_name_and_e_mail_link_nothing_and_take_no_time():
    """B52"""
    index = Index(ContactDetails(str(key), "Ek Bygg", "", "info@ek.example", "211 34") for key in range(20_000))
    found = [index.find(ContactDetails("x", "Ek Bygg", "", "info@ek.example", "211 34")) for _ in range(20)]
    assert {(len(matches), outcome(matches)) for matches in found} == {(10, Outcome.AMBIGUOUS)}


WORDS = st.lists(
    st.sampled_from(["Ek", "Maja", "Åkerlunds", "Akerlunds", "Åkerlnuds", "Bygg", "Byg", "AB", "HB", "&", "och", "2"]),
    max_size=4,
).map(" ".join)
RECORDS = st.builds(
    ContactDetails,
    key=st.just(""),
    name=WORDS,
    organisation_number=st.sampled_from(["", "", "556036-0793", "556047-3521", "750231-0241", "1366959-8", "wrong"]),
    email=st.sampled_from(["", "a@ek.example", "A@EK.example; b@ek.example", "mailto:b@ek.example"]),
    postcode=st.sampled_from(["", "211 34", "21134", "903 20"]),
    vat_number=st.sampled_from(["", "", "SE556036079301", "FI13669598"]),
    phone=st.sampled_from(["", "040-12 34 56", "+46 40 123456", "09 123 4567"]),
    country=st.sampled_from(["", "SE", "FI"]),
)


@given(RECORDS, RECORDS)
@example(ContactDetails("", "Ek Maja"), ContactDetails("", "Maja Ek", "750231-0241"))
def test_weighing_is_symmetric(one, other):
    there, back = weigh(one, other), weigh(other, one)
    assert there.strength == back.strength
    assert [fact.field for fact in there.agreed] == [fact.field for fact in back.agreed]
    assert [fact.field for fact in there.against] == [fact.field for fact in back.against]


@given(RECORDS, RECORDS)
def test_the_index_misses_nothing_that_weighing_finds(one, other):
    strength = weigh(one, other).strength
    assert [match.strength for match in Index([other]).find(one)] == ([strength] if strength != Strength.NONE else [])


@given(st.lists(RECORDS, max_size=6), RECORDS, st.randoms())
def test_the_outcome_does_not_depend_on_the_order_of_the_clients(clients, customer, random):
    clients = [ContactDetails(str(key), *_rest(client)) for key, client in enumerate(clients)]
    mixed = random.sample(clients, len(clients))
    found, again = Index(clients).find(customer), Index(mixed).find(customer)
    assert {match.key for match in found} == {match.key for match in again}
    assert outcome(found) == outcome(again)


@given(RECORDS, RECORDS)
def test_no_more_than_six_digits_of_a_persons_number_are_told(one, other):
    match = weigh(one, other)
    assert "0241" not in evidence.for_a_person([match]).replace("-", "")


def _rest(client):
    values = (client.organisation_number, client.email, client.postcode, client.vat_number, client.phone)
    return (client.name, *values, client.country)
