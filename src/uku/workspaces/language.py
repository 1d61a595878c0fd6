"""The language of sentences that are stored: the workspace's own, whoever causes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import override

from uku.kit.scoping import current_workspace_id
from uku.workspaces.models import Workspace


@contextmanager
def workspace_language() -> Iterator[None]:
    """Translate into the language of the workspace in force. With one language there is nothing to look up."""
    if len(settings.LANGUAGES) == 1:
        yield
        return
    language = Workspace.objects.values_list("language", flat=True).get(pk=current_workspace_id())
    with override(language):
        yield


def translate_for_workspace(text: str | Promise, **facts: object) -> str:
    """Return a sentence to be stored. Give the text by `gettext_lazy`, so that it is translated here."""
    with workspace_language():
        return str(text) % facts
