"""Which field each column of an uploaded file fills, and how the file is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from uku.clients.import_files.headings import FIELDS
from uku.clients.import_files.messages import column_name, label_of
from uku.clients.import_files.text_format import DELIMITERS, ENCODINGS
from uku.clients.models import ImportFile
from uku.web.forms.fields import PlainForm

_DELIMITER_WORDS = {";": _("Semicolon"), ",": _("Comma"), "\t": _("Tab")}


class ColumnsForm(PlainForm):
    """One choice for each column, named `column-0` and on; for text files how they are read, too."""

    def __init__(self, data: Any = None, *, file: ImportFile, heading: Sequence[str], samples: Sequence[str]) -> None:
        super().__init__(data)
        self._samples = samples
        if file.encoding:
            encodings = [(name, words) for name, (_codec, words) in ENCODINGS.items()]
            self.fields["encoding"] = _choice(_("Character encoding"), encodings, file.encoding)
            self.fields["delimiter"] = _choice(
                _("Separator between cells"), [(mark, _DELIMITER_WORDS[mark]) for mark in DELIMITERS], file.delimiter
            )
        fields = [("", gettext("Not imported")), *((name, label_of(name)) for name in FIELDS)]
        for place in range(len(heading)):
            chosen = file.columns[place] if place < len(file.columns) else ""
            name = f"column-{place}"
            self.fields[name] = _choice(column_name(heading, place), fields, chosen, required=False)

    @property
    def columns(self) -> list[str]:
        """What was chosen for each column."""
        names = [name for name in self.fields if name.startswith("column-")]
        return [str(self.cleaned_data.get(name, "")) for name in names]

    def with_samples(self) -> Iterator[tuple[forms.BoundField, str]]:
        """Yield each column's field with its first values."""
        bound = [self[name] for name in self.fields if name.startswith("column-")]
        yield from zip(bound, self._samples, strict=False)

    def clean(self) -> dict[str, Any]:
        """Let each field be filled by one column."""
        chosen = [(name, value) for name, value in self.cleaned_data.items() if name.startswith("column-") and value]
        seen: dict[str, str] = {}
        for name, value in chosen:
            if value in seen:
                words = gettext("%(field)s is already chosen for %(column)s. Choose one of the two.")
                self.add_error(name, words % {"field": label_of(value), "column": self.fields[seen[value]].label})
            seen.setdefault(value, name)
        return self.cleaned_data


def _choice(
    label: Any, choices: Sequence[tuple[str, Any]], initial: str, *, required: bool = True
) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, initial=initial, required=required)
