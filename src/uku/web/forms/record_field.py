"""A field that finds a record by what is typed: chosen from the hits, or by a name that only one record has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from django import forms
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

MOST_NAMED = 5
LONGEST_WORDS = 200


class Typed(NamedTuple):
    """What was sent: the chosen record's id, and the words in the field; None where only an id is sent."""

    pk: str
    words: str | None = None

    @property
    def is_blank(self) -> bool:
        return not (self.pk.strip() if self.words is None else self.words.strip())


class RecordWidget(forms.Widget):
    """A text field with its hits below it, and the id of the chosen record in a hidden field."""

    template_name = "parts/record_field.html"

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Typed:  # noqa: ARG002  # Django's
        words = data.get(f"{name}-words")
        return Typed(str(data.get(name, "")), None if words is None else str(words)[:LONGEST_WORDS])

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:  # noqa: ARG002  # Django's
        return name not in data and f"{name}-words" not in data

    def format_value(self, value: Any) -> Any:
        """Return id and words of a record or of what was typed."""
        if isinstance(value, Model):
            return Typed(str(value.pk), str(value))
        return value if isinstance(value, Typed) else Typed("", "")

    def use_required_attribute(self, initial: Any) -> bool:  # noqa: ARG002  # Django's
        return False


class RecordField(forms.Field):
    """`known` are the records that an id may stand for; `search` finds some by words.

    The words win over an id that is another record's: somebody changed them without a script.
    """

    widget = RecordWidget
    default_error_messages = {  # noqa: RUF012  # Django reads a class attribute
        "several": _("Several have this name: %(names)s. Choose one of the list, or write more of its name."),
        "none": _("Nothing in your list is called “%(words)s”. Choose one of the list."),
        "invalid_choice": _("This is not in your list. Choose another."),
    }

    known: Mapping[str, Any] = {}
    search: Callable[[str], Sequence[Any]] = staticmethod(lambda _words: ())

    def offer(self, known: Mapping[str, Any], search: Callable[[str], Sequence[Any]], url: str) -> None:
        """Give the field what it chooses from; `url` answers a search that is typed."""
        self.known, self.search = known, search
        self.widget.attrs["data-search"] = url

    def clean(self, value: Any) -> Any:
        typed = value if isinstance(value, Typed) else Typed("")
        if typed.is_blank:
            if self.required:
                raise forms.ValidationError(self.error_messages["required"], code="required")
            return None
        record, words = self.known.get(typed.pk), (typed.words or "").replace("\x00", "").strip()
        if record is not None and words in ("", str(record)):
            return record
        if not words:
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return self._named(words)

    def _named(self, words: str) -> Any:
        """Return the only record that the words name, or find. Raises ValidationError."""
        hits = list(self.search(words))
        named = [hit for hit in hits if str(hit).casefold() == words.casefold()] or hits
        if len(named) == 1:
            return named[0]
        if not named:
            raise forms.ValidationError(self.error_messages["none"], code="none", params={"words": words})
        names = ", ".join(str(hit) for hit in named[:MOST_NAMED])
        raise forms.ValidationError(self.error_messages["several"], code="several", params={"names": names})
