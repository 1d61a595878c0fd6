"""Clients from a file: upload, columns and preview, import, and the rows that were skipped."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from uku.clients.import_files import operations
from uku.clients.import_files.errors import Unreadable
from uku.clients.import_files.headings import claimed_twice, same_headings
from uku.clients.import_files.messages import column_name, file_error_words, label_of, row_error_words
from uku.clients.import_files.operations import AlreadyBegun, FiguresChanged, NoNameColumn, TooManyFiles, WrongMapping
from uku.clients.import_files.preview import Figures, heading_of, preview, refused_rows, samples
from uku.clients.import_files.tables import MOST_BYTES, MOST_ROWS
from uku.clients.models import ImportFile
from uku.kit import clock
from uku.kit.spreadsheets import as_csv
from uku.web.forms.import_files import ColumnsForm
from uku.web.import_rows import outcome_words, shown, shown_values
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
            wrong = (gettext("No file was chosen."), gettext("Choose a CSV or XLSX file, then press Upload."))
        else:
            try:
                name, content = str(sent.name or ""), sent.read()
                found = operations.upload_file(actor=request.user, at=clock.now(), name=name, content=content)
            except Unreadable as error:
                wrong = file_error_words(error)
            except TooManyFiles:
                wrong = (
                    gettext("There are already %(count)s files to decide about.") % {"count": operations.MOST_WAITING},
                    gettext("Import or delete one of the files below, then upload this one."),
                )
            else:
                if found.other_sheets:
                    words = gettext("Only the first sheet of the workbook is read. Not read: %(others)s.")
                    others = ", ".join(f"“{name}”" for name in found.other_sheets[:5])
                    messages.info(request, words % {"others": others})
                return redirect("import-file", slug=request.workspace.slug, pk=found.file.pk)
    context = {
        "files": ImportFile.objects.defer("content").select_related("uploaded_by").order_by("-uploaded_at", "-pk"),
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
    if operations.is_begun(file):
        moving = file.imported_at is None and not file.counts.get("stopped")
        context = {"file": file, "counts": file.counts, "moving": moving}
        return render(request, "clients/import_file_done.html", context)
    return _decide(request, file)


def _decide(
    request: WorkspaceRequest,
    file: ImportFile,
    form: ColumnsForm | None = None,
    *,
    status: int = 200,
    changed: bool = False,
) -> HttpResponse:
    """The page on which a person decides: columns, what would happen, and what is wrong."""
    context: dict[str, Any] = {"file": file, "changed": changed, "has_name": "name" in file.columns}
    try:
        heading = heading_of(file)
        context["form"] = form or ColumnsForm(file=file, heading=heading, samples=_samples(file))
        context |= _column_doubts(file, heading)
        if context["has_name"]:
            found = preview(file)
            context |= {
                "figures": found.figures,
                "found": found,
                "labels": [label_of(field) for field in file.columns if field],
                "rows": [(row, shown_values(row, file.columns), outcome_words(row)) for row in found.rows],
                "errors": [(error.row, row_error_words(error, heading)) for error in found.errors],
            }
    except Unreadable as error:
        context["happened"], context["remedy"] = file_error_words(error)
        status = REFUSED
    return render(request, "clients/import_file.html", context, status=status)


def _column_doubts(file: ImportFile, heading: tuple[str, ...]) -> dict[str, Any]:
    """What is doubtful about the columns: two with one heading, two for one field."""
    doubles = []
    for field, places in claimed_twice(heading).items():
        if field not in file.columns:
            names = gettext(" and ").join(column_name(heading, place) for place in places)
            doubles.append(gettext("%(field)s could be %(names)s.") % {"field": label_of(field), "names": names})
    return {"doubles": doubles, "same_headings": same_headings(heading)}


def _samples(file: ImportFile) -> list[str]:
    columns = zip(file.columns, samples(file), strict=False)
    return [" · ".join(shown(field, cell) for cell in cells) for field, cells in columns]


@workspace_page(Permission.EDIT_CLIENTS)
@require_POST
def file_columns(request: WorkspaceRequest, pk: int) -> HttpResponse:
    file = _file(pk)
    if file.imported_at is not None:
        return redirect("import-file", slug=request.workspace.slug, pk=pk)
    form = ColumnsForm(request.POST, file=file, heading=heading_of(file), samples=_samples(file))
    if not form.is_valid():
        return _decide(request, file, form, status=REFUSED)
    try:
        operations.map_columns(
            file=file,
            actor=request.user,
            at=clock.now(),
            columns=form.columns,
            encoding=form.cleaned_data.get("encoding", ""),
            delimiter=form.cleaned_data.get("delimiter", ""),
        )
    except Unreadable as error:
        form.add_error("encoding", " ".join(file_error_words(error)))
        return _decide(request, _file(pk), form, status=REFUSED)
    except (AlreadyBegun, WrongMapping):
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
    except (FiguresChanged, NoNameColumn, Unreadable):
        return _decide(request, _file(pk), status=409, changed=True)
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
def file_resume(request: WorkspaceRequest, pk: int) -> HttpResponse:
    operations.resume_import(file=_file(pk), actor=request.user, at=clock.now())
    return redirect("import-file", slug=request.workspace.slug, pk=pk)


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
        content = bytes(file.content) if file.imported_at else b"".join(as_csv(refused_rows(file)))
    except Unreadable:
        raise Http404 from None
    operations.note_refused_rows(file=file, actor=request.user, at=clock.now())
    return as_file(HttpResponse(content, content_type=CSV_TYPE), f"left-out-{file.pk}.csv")


def as_file(response: HttpResponseBase, name: str) -> HttpResponse:
    """Name the file that the browser stores. One that streams is an HttpResponse in all that a page needs of it."""
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return cast("HttpResponse", response)


def _file(pk: int) -> ImportFile:
    return get_object_or_404(ImportFile.objects.select_related("uploaded_by"), pk=pk)
