"""The months of summary tasks: the overview of all clients, a plan's settings, a month as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from uku.kit import clock
from uku.kit.months import first_of, month_named, months_later
from uku.kit.spreadsheets import Cell, as_csv, as_xlsx
from uku.tasks.fields import FieldNotUsable
from uku.tasks.models import SummaryPlan, Task, TaskState
from uku.tasks.month_figures import MonthOfPlan, months_shown, read_month
from uku.tasks.pauses import pauses_of
from uku.tasks.summaries import choose_expectations
from uku.tasks.ties import choose_fields
from uku.web import integration_data
from uku.web.forms.summaries import PlanForm
from uku.web.views.client_export import XLSX_TYPE
from uku.web.views.import_files import CSV_TYPE, as_file
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.permissions import Permission

PLANS_A_PAGE = 50
MONTHS_BACK = 24


@workspace_page(Permission.MANAGE_INTEGRATIONS)
@require_safe
def month_overview(request: WorkspaceRequest) -> HttpResponse:
    """Who is done, who is late, what deviates: one month of every client whose books are counted."""
    today = clock.today(request.workspace.time_zone)
    this = first_of(today)
    month = month_named(request.GET.get("month", ""))
    if month is None or not months_later(this, -MONTHS_BACK) <= month <= this:
        month = months_later(this, -1)
    plans = SummaryPlan.objects.filter(active=True).select_related("workspace", "client", "tie__books")
    page = Paginator(plans.order_by("client__name_sort", "id"), PLANS_A_PAGE).get_page(request.GET.get("page"))
    rows = read_month(list(page), month, today=today)
    pauses = pauses_of(list(page))
    tasks = Task.objects.filter(plan__in=plans, month=month)
    context = {
        "page": page,
        "rows": [(row, pauses.get(row.plan.pk)) for row in rows],
        "month": month,
        "month_named": month.isoformat()[:7],
        "today": today,
        "done": tasks.filter(state=TaskState.DONE).count(),
        "late": tasks.filter(state=TaskState.OPEN, due_date__lt=today).count(),
        "deviating": sum(bool(row.deviating) for row in rows),
    }
    return render(request, "tasks/months.html", context)


@workspace_page(Permission.MANAGE_INTEGRATIONS)
@require_http_methods(["GET", "HEAD", "POST"])
def plan_page(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """What is expected of each number; for tied books also the field each fills, and from which month on."""
    plan = get_object_or_404(SummaryPlan.objects.select_related("client", "tie__books", "workspace"), pk=pk)
    form = PlanForm(request.POST or None, plan=plan, label_of=integration_data.statistic_label)
    if request.method == "POST" and form.is_valid():
        at, since = clock.now(), form.month_chosen(clock.today(request.workspace.time_zone))
        try:
            if plan.tie is not None and form.is_tied:
                fields = form.fields_chosen()
                choose_fields(tie=plan.tie, fields=fields, first_month=since, actor=request.user, at=at)
            expected, share = form.agreed_volumes(), form.share_chosen
            choose_expectations(plan=plan, agreed=expected, share=share, actor=request.user, at=at)
        except FieldNotUsable as error:
            form.add_error(None, str(error.sentence))
        else:
            messages.success(request, gettext("Saved."))
            return redirect("summary-plan", slug=request.workspace.slug, pk=pk)
    return render(request, "tasks/plan.html", {"plan": plan, "form": form}, status=422 if form.is_bound else 200)


@workspace_page(Permission.SEE)
@require_POST
def summary_export(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Send the numbers of a summary task and of the twelve months before it; a POST, because that is written down."""
    task = get_object_or_404(Task.objects.select_related("plan__workspace"), pk=pk, plan__isnull=False)
    form, today = request.POST.get("action", ""), clock.today(request.workspace.time_zone)
    if form not in ("csv", "xlsx") or task.plan is None or task.month is None:
        raise Http404
    record(
        actor=request.user,
        action="task.export",
        target=task,
        summary=translate_for_workspace(gettext_lazy("Numbers exported: %(task)s"), task=task),
        at=clock.now(),
        after={"file": form},
    )
    rows = list(_rows(read_month([task.plan], task.month, today=today)[0]))
    name = f"summary-{request.workspace.slug}-{task.month.isoformat()[:7]}.{form}"
    if form == "xlsx":
        file = as_xlsx(rows, title=task.month.isoformat()[:7])
        return as_file(FileResponse(file, content_type=XLSX_TYPE), name)
    return as_file(StreamingHttpResponse(as_csv(rows), content_type=CSV_TYPE), name)


def _rows(found: MonthOfPlan) -> Iterator[Sequence[Cell]]:
    """Yield a heading, and for each month its numbers."""
    yield [gettext("Month"), *(number.name for number in found.numbers)]
    for place, month in enumerate(months_shown(found.month)):
        numbers = [number.history[place][1] for number in found.numbers]
        yield [month.isoformat()[:7], *("" if number is None else number for number in numbers)]
