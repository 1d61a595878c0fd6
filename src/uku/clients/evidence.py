"""Why two records may be one client, in words for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext

from uku.clients.matching import Fact, Field, Match


def in_words(match: Match) -> str:
    """Tell what agrees, for example `Same name and e-mail info@ek.example`; "" when nothing does."""
    if not match.agreed:
        return ""
    words = {
        Field.NUMBER: gettext("organisation number %(value)s"),
        Field.VAT: gettext("organisation number in the VAT number, %(value)s"),
        Field.NAME: gettext("name"),
        Field.TURNED_NAME: gettext("name in another order"),
        Field.SIMILAR_NAME: gettext("name with one letter different"),
        Field.EMAIL: gettext("e-mail %(value)s"),
        Field.POSTCODE: gettext("postcode %(value)s"),
        Field.PHONE: gettext("phone %(value)s"),
    }
    return gettext("Same %(fields)s") % {"fields": _listed(match.agreed, words)}


def against_in_words(match: Match) -> str:
    """Tell what contradicts, for example `Different legal form`; "" when nothing does."""
    if not match.against:
        return ""
    words = {
        Field.NUMBER: gettext("organisation number: the client has %(value)s"),
        Field.NAME: gettext("name"),
        Field.FORM: gettext("legal form"),
        Field.POSTCODE: gettext("part of the country: the client has postcode %(value)s"),
    }
    return gettext("Different %(fields)s") % {"fields": _listed(match.against, words)}


def for_a_person(matches: Sequence[Match]) -> str:
    """Tell all that a person needs who decides on the first of these matches: for, against, and how many more."""
    first = matches[0]
    sentences = [in_words(first), against_in_words(first)]
    if len(matches) > 1:
        sentences.append(gettext("%(count)d clients match equally well") % {"count": len(matches)})
    return ". ".join(sentence for sentence in sentences if sentence)


def _listed(facts: Sequence[Fact], words: Mapping[Field, str]) -> str:
    *first, last = (words[fact.field] % {"value": fact.value} for fact in facts)
    if not first:
        return last
    return gettext("%(first)s and %(last)s") % {"first": ", ".join(first), "last": last}
