"""Made pairs whose label comes from how they were made: nothing is linked wrongly, and little is missed."""

from __future__ import annotations

import pytest
from tests.uku.clients.pairs import DIFFERENT, SAME, company_number, finnish_number, make_town, personal_number
from tests.uku.clients.scores import judge

from uku.clients.matching import is_personal, normalise_number


@pytest.fixture(scope="module", params=[1, 2, 3])
def score(request):
    return judge(make_town(request.param, 2000))


def test_no_automatic_link_is_wrong(score):
    assert score.linked_wrong == []


def test_most_links_are_made_without_asking_and_nearly_all_pairs_are_found(score):
    assert score.link_recall > 0.75
    assert score.found > 0.99
    assert score.suggestion_precision > 0.45


@pytest.mark.parametrize("kind", ["other_legal_form", "other_letters", "ampersand", "swapped_name", "several_emails"])
def test_a_name_told_differently_with_the_same_e_mail_is_linked(score, kind):
    assert score.linked_of[kind] > 80


def test_what_only_looks_alike_is_never_linked(score):
    assert [kind.__name__ for kind in DIFFERENT if score.linked_of[kind.__name__]] == []
    assert score.linked_of["number_twice"] == 0


def test_every_kind_is_made_and_a_seed_makes_the_same_town_again():
    town = make_town(1, 200)
    made = {kind.__name__ for kind in (*SAME, *DIFFERENT)} | {"number_twice"}
    assert set(town.kinds.values()) == made
    assert town == make_town(1, 200)
    assert town.customers != make_town(2, 200).customers


def test_made_numbers_pass_their_check_and_belong_to_nobody():
    for serial in range(1, 500):
        company, person = normalise_number(company_number(serial)), normalise_number(personal_number(serial))
        assert (company[0], is_personal(company)) == ("4", False)
        assert (person[2:5] == "023", is_personal(person)) == (True, True)
        assert normalise_number(finnish_number(serial))[:3] == "FI9"
