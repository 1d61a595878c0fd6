"""Clients from a file: upload, columns and preview, import, and the rows that were skipped."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from uku.clients.import_files import operations
from uku.clients.import_files.errors import FileReason, Unreadable
from uku.clients.import_files.fields import field_of
from uku.clients.import_files.operations import AlreadyBegun, NotAsSeen, TooManyFiles
from uku.clients.import_files.preview import (
    Figures,
    column_name,
    file_error_words,
    label_of,
    make_preview,
    preview_of,
    row_error_words,
    table_of,
)
from uku.clients.import_files.tables import ENCODINGS, MOST_BYTES, MOST_ROWS, Table
from uku.clients.models import HiddenRows, ImportFile, ImportState
from uku.kit import clock
from uku.web.forms.import_files import ReadingForm
from uku.web.import_rows import holds_numbers, outcome_words, shown, shown_values
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission

CSV_TYPE = "text/csv; charset=utf-8"
LONGEST_FIGURE = 6
REFUSED = 422


@workspace_page(Permission.EDIT_CLIENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def file_list(request: WorkspaceRequest) -> HttpResponse:
    """Choose a file; the ones that wait for a decision stand below."""
    wrong = ("", "")
    if request.method == "POST":
        sent = request.FILES.get("file")
        if sent is None:
            wrong = (gettext("No file was chosen."), gettext("Choose a CSV or XLSX file, then click Upload."))
        else:
            try:
                name, content = str(sent.name or ""), sent.read()
                file = operations.upload_file(actor=request.user, at=clock.now(), name=name, content=content)
            except Unreadable as error:
                wrong = file_error_words(error)
            except TooManyFiles:
                wrong = (
                    gettext("There are already %(count)s files to decide about.") % {"count": operations.MOST_WAITING},
                    gettext("Import or delete one of the files below, then upload this one."),
                )
            else:
                return redirect("import-file", slug=request.workspace.slug, pk=file.pk)
    files = ImportFile.objects.defer("content", "workbook", "preview", "skipped")
    context = {
        "files": files.select_related("uploaded_by").order_by("-uploaded_at", "-pk"),
        "happened": wrong[0],
        "remedy": wrong[1],
        "megabytes": MOST_BYTES // (1024 * 1024),
        "most_rows": f"{MOST_ROWS:,}",
    }
    return render(request, "clients/import_files.html", context, status=REFUSED if wrong[0] else 200)


@workspace_page(Permission.EDIT_CLIENTS)
@require_safe
def file_page(request: WorkspaceRequest, pk: int) -> HttpResponse:
    file = _file(pk)
    if file.state == ImportState.WAITING:
        # A page that waited for the file to be read is another one now.
        return HttpResponseClientRefresh() if request.htmx else _decide(request, file)
    context: dict[str, Any] = {"file": file, "moving": file.state in {ImportState.READING, ImportState.IMPORTING}}
    if file.failure:
        error = Unreadable(FileReason[file.failure], file.failed_at_row)
        context["happened"], context["remedy"] = file_error_words(error)
    return render(request, "clients/import_file_done.html", context)


def _decide(
    request: WorkspaceRequest,
    file: ImportFile,
    form: ReadingForm | None = None,
    *,
    status: int = 200,
    changed: bool = False,
) -> HttpResponse:
    """The page on which a person decides: columns, what would happen, and what is wrong."""
    context: dict[str, Any] = {"file": file, "changed": changed, "has_name": "name" in file.columns}
    try:
        table = table_of(file)
        heading = table.heading.cells
        context |= {"form": form or _form(file, table), **_column_doubts(file, table)}
        if file.encoding not in {"", "utf-8"}:
            context |= {"accented": table.accented_samples(), "encoding": ENCODINGS[file.encoding][1]}
        if context["has_name"]:
            found = preview_of(file)
            context |= {
                "figures": found.figures,
                "found": found,
                "asks_for_hidden": file.hidden_rows and file.hidden_choice == HiddenRows.UNDECIDED,
                "labels": [label_of(field) for field in file.columns if field],
                "rows": [(row, shown_values(row, file.columns), outcome_words(row)) for row in found.rows],
                "errors": [(error.row, row_error_words(error, heading)) for error in found.errors],
            }
    except Unreadable as error:
        context["happened"], context["remedy"] = file_error_words(error)
        status = REFUSED
    return render(request, "clients/import_file.html", context, status=status)


def _form(file: ImportFile, table: Table, data: Any = None) -> ReadingForm:
    """Raises Unreadable."""
    columns = zip(file.columns, table.samples(), strict=False)
    shown_samples = [" · ".join(shown(field, cell) for cell in cells) for field, cells in columns]
    return ReadingForm(data, file=file, first_rows=table.first, samples=shown_samples)


def _column_doubts(file: ImportFile, table: Table) -> dict[str, Any]:
    """What is doubtful about the columns: two for one field, numbers that no field takes."""
    heading = table.heading.cells
    doubles = []
    named = [field_of(text) for text in heading]
    for field in dict.fromkeys(filter(None, named)):
        places = [place for place, other in enumerate(named) if other == field]
        if len(places) > 1 and field not in file.columns:
            names = gettext(" and ").join(column_name(heading, place) for place in places)
            doubles.append(gettext("%(field)s could be %(names)s.") % {"field": label_of(field), "names": names})
    numbers = []
    if "organisation_number" not in file.columns:
        looks_so = [place for place, cells in enumerate(table.samples()) if holds_numbers(cells)]
        numbers = [column_name(heading, place) for place in looks_so if file.columns[place] != "vat_number"]
    return {"doubles": doubles, "numbers": numbers}


@workspace_page(Permission.EDIT_CLIENTS)
@require_POST
def file_columns(request: WorkspaceRequest, pk: int) -> HttpResponse:
    file = _file(pk)
    if file.state != ImportState.WAITING:
        return redirect("import-file", slug=request.workspace.slug, pk=pk)
    form = _form(file, table_of(file), request.POST)
    if not form.is_valid():
        return _decide(request, file, form, status=REFUSED)
    try:
        operations.choose_reading(file=file, actor=request.user, at=clock.now(), choices=form.choices)
    except Unreadable as error:
        form.add_error("encoding" if file.encoding else "heading_row", " ".join(file_error_words(error)))
        return _decide(request, _file(pk), form, status=REFUSED)
    except (AlreadyBegun, NotAsSeen):
        messages.info(request, gettext("The columns were not changed. Check the file again."))
    return redirect("import-file", slug=request.workspace.slug, pk=pk)


@workspace_page(Permission.EDIT_CLIENTS)
@require_POST
def file_confirm(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The figures come along from the page, so that nothing else is done than what the person saw."""
    file = _file(pk)
    try:
        seen = Figures(*(_figure(request, name) for name in ("new", "changed", "unchanged", "refused")))
        operations.confirm_import(file=file, actor=request.user, at=clock.now(), seen=seen)
    except (NotAsSeen, Unreadable):
        file = _file(pk)
        if file.state == ImportState.WAITING:
            return _decide(request, file, status=409, changed=True)
        messages.info(request, gettext("Clients were changed after the file was read. It is compared with them again."))
    except AlreadyBegun:
        pass  # pressed twice, or by two people: the page tells how it stands
    return redirect("import-file", slug=request.workspace.slug, pk=pk)


def _figure(request: WorkspaceRequest, name: str) -> int:
    sent = request.POST.get(name, "")
    if not (sent.isascii() and sent.isdigit() and len(sent) <= LONGEST_FIGURE):
        raise Http404
    return int(sent)


@workspace_page(Permission.EDIT_CLIENTS)
@require_POST
def file_delete(request: WorkspaceRequest, pk: int) -> HttpResponse:
    file = _file(pk)
    try:
        operations.delete_file(file=file, actor=request.user, at=clock.now())
    except AlreadyBegun:
        messages.info(request, gettext("The file is being imported. You can delete it afterwards."))
        return redirect("import-file", slug=request.workspace.slug, pk=pk)
    messages.success(request, gettext("%(name)s is deleted.") % {"name": file})
    return redirect("import-files", slug=request.workspace.slug)


@workspace_page(Permission.EDIT_CLIENTS)
@require_POST
def file_skipped_rows(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The rows that are left out, to be mended and uploaded again; a POST, because it is written down."""
    file = _file(pk)
    try:
        if not file.skipped:
            make_preview(file)
    except Unreadable:
        raise Http404 from None
    operations.note_refused_rows(file=file, actor=request.user, at=clock.now())
    return as_file(HttpResponse(bytes(file.skipped), content_type=CSV_TYPE), f"left-out-{file.pk}.csv")


def as_file(response: HttpResponseBase, name: str) -> HttpResponse:
    """Name the file that the browser stores. One that streams is an HttpResponse in all that a page needs of it."""
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return cast("HttpResponse", response)


def _file(pk: int) -> ImportFile:
    return get_object_or_404(ImportFile.objects.select_related("uploaded_by"), pk=pk)
