"""A sentence that is stored is in the language of its workspace, whoever caused it."""

from __future__ import annotations

import pytest
from django.utils.translation import gettext_lazy, override, trans_real

from uku.workspaces.language import translate_for_workspace

ADDED = gettext_lazy("%(client)s was added")


class Swedish(trans_real.DjangoTranslation):
    def gettext(self, message):
        return f"på svenska: {message}"


@pytest.fixture
def swedish(settings, monkeypatch):
    settings.LANGUAGES = [("en", "English"), ("sv", "Svenska")]
    monkeypatch.setitem(trans_real._translations, "sv", Swedish("sv"))


def test_it_is_the_workspaces_language_and_not_the_persons(swedish, scope):
    scope.language = "sv"
    scope.save(update_fields=["language"])
    with override("en"):
        assert translate_for_workspace(ADDED, client="Ek AB") == "på svenska: Ek AB was added"
    scope.language = "en"
    scope.save(update_fields=["language"])
    with override("sv"):
        assert translate_for_workspace(ADDED, client="Ek AB") == "Ek AB was added"


def test_with_one_language_nothing_is_looked_up(scope, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert translate_for_workspace(ADDED, client="Ek AB") == "Ek AB was added"
