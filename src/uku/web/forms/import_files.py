"""Which field each column of an uploaded file fills, and how the file is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from uku.clients.import_files.errors import Row
from uku.clients.import_files.fields import FIELDS
from uku.clients.import_files.operations import Choices
from uku.clients.import_files.preview import column_name, label_of
from uku.clients.import_files.tables import DELIMITERS, ENCODINGS
from uku.clients.models import HiddenRows, ImportFile
from uku.kit.identifiers import masked
from uku.web.forms.fields import PlainForm

_DELIMITER_WORDS = {";": _("Semicolon"), ",": _("Comma"), "\t": _("Tab")}
LONGEST_HEADING = 70


class ReadingForm(PlainForm):
    """How the file is read, and one choice for each column, named `column-0` and on."""

    def __init__(
        self, data: Any = None, *, file: ImportFile, first_rows: Sequence[Row], samples: Sequence[str]
    ) -> None:
        super().__init__(data)
        self._samples = samples
        if file.encoding:
            encodings = [(name, words) for name, (_codec, words) in ENCODINGS.items()]
            marks = [(mark, _DELIMITER_WORDS[mark]) for mark in DELIMITERS]
            self.fields["encoding"] = _choice(_("Character encoding"), encodings, file.encoding)
            self.fields["delimiter"] = _choice(_("Separator between cells"), marks, file.delimiter)
        if len(file.sheets) > 1:
            self.fields["sheet"] = _choice(_("Sheet"), list(enumerate(file.sheets)), file.sheet)
        rows = [(row.number, _row_words(row)) for row in first_rows]
        self.fields["heading_row"] = _choice(_("Row with the headings"), rows, file.heading_row, required=False)
        if file.hidden_rows:
            words = ngettext(
                "%(count)d row that a filter hides", "%(count)d rows that a filter hides", file.hidden_rows
            )
            label = words % {"count": file.hidden_rows}
            choices = HiddenRows.choices if file.hidden_choice == HiddenRows.UNDECIDED else HiddenRows.choices[1:]
            self.fields["hidden_choice"] = _choice(label, choices, file.hidden_choice, required=False)
        for name in {"heading_row", "hidden_choice"} & set(self.fields):
            self.fields[name].quiet = True  # type: ignore[attr-defined]  # read by parts/field.html
        heading = next((row.cells for row in first_rows if row.number == file.heading_row), ())
        fields = [("", gettext("Not imported")), *((name, label_of(name)) for name in FIELDS)]
        for place, field in enumerate(file.columns):
            name = f"column-{place}"
            self.fields[name] = _choice(column_name(heading, place), fields, field, required=False)

    with_sum_line = forms.BooleanField(label=_("The last row is a client, not a sum"), required=False)

    @property
    def choices(self) -> Choices:
        """What was chosen."""
        told = self.cleaned_data
        return Choices(
            columns=[str(told.get(name, "")) for name in self._column_names],
            encoding=told.get("encoding", ""),
            delimiter=told.get("delimiter", ""),
            sheet=int(told.get("sheet") or 0),
            heading_row=int(told.get("heading_row") or 0),
            hidden_choice=told.get("hidden_choice", ""),
            with_sum_line=told["with_sum_line"],
        )

    @property
    def reading(self) -> list[forms.BoundField]:
        """The fields that say how the file is read."""
        return [self[name] for name in self.fields if name not in {"with_sum_line", *self._column_names}]

    def with_samples(self) -> Iterator[tuple[forms.BoundField, str]]:
        """Yield each column's field with its first values."""
        yield from zip((self[name] for name in self._column_names), self._samples, strict=False)

    @property
    def _column_names(self) -> list[str]:
        return [name for name in self.fields if name.startswith("column-")]

    def clean(self) -> dict[str, Any]:
        """Let each field be filled by one column."""
        seen: dict[str, str] = {}
        for name in self._column_names:
            value = self.cleaned_data.get(name, "")
            if value in seen:
                words = gettext("%(field)s is already chosen for %(column)s. Choose one of the two.")
                self.add_error(name, words % {"field": label_of(value), "column": self.fields[seen[value]].label})
            elif value:
                seen[value] = name
        return self.cleaned_data


def _row_words(row: Row) -> str:
    cells = " · ".join(masked(cell) for cell in row.cells if cell)
    shown = cells if len(cells) <= LONGEST_HEADING else f"{cells[:LONGEST_HEADING]}…"
    return gettext("%(number)d: %(cells)s") % {"number": row.number, "cells": shown}


def _choice(
    label: Any, choices: Sequence[tuple[Any, Any]], initial: str | int, *, required: bool = True
) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, initial=initial, required=required)
