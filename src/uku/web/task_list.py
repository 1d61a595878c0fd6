"""The list of tasks and their calendar as the address asks for them: words, filter, day, month."""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from urllib.parse import urlencode

from django.db.models import Case, Count, F, Q, QuerySet, When
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from uku.clients import names
from uku.kit.months import first_of, last_of, next_month
from uku.tasks.models import Task, TaskState
from uku.web.list_filters import Chip, searched_words
from uku.web.templatetags.figures import short_day
from uku.workspaces.models import User

MINE, OVERDUE, MONTH, ALL = "mine", "overdue", "month", ""
SHOWN_A_DAY = 4
_DUE_WHILE_OPEN = Case(When(state=TaskState.OPEN, then=F("due_date")))


@dataclass(frozen=True)
class TaskList:
    """`show` is the code of a filter, "" for all tasks; `due` the one day whose tasks are shown."""

    words: str
    show: str
    due: date | None
    today: date
    user: User

    @classmethod
    def of(cls, request: HttpRequest, user: User, today: date) -> TaskList:
        """Read the address; what is no filter and no day is left out."""
        show = request.GET.get("show", "")
        known = show if show in (MINE, OVERDUE, MONTH) else ALL
        return cls(searched_words(request), known, _day_named(request.GET.get("due", "")), today, user)

    @property
    def is_empty(self) -> bool:
        """Say whether the workspace has no task at all."""
        return not self.words and self.due is None and not self.counts[ALL]

    @cached_property
    def counts(self) -> Mapping[str, int]:
        filters = {code or "all": Count("pk", self._filter(code)) for code in (MINE, OVERDUE, MONTH)}
        found = self._found().aggregate(all=Count("pk"), **filters)
        return {ALL: found["all"], **{code: found[code] for code in (MINE, OVERDUE, MONTH)}}

    @property
    def chips(self) -> list[Chip]:
        labels = {MINE: _("Mine"), OVERDUE: _("Overdue"), MONTH: _("This month"), ALL: _("All")}
        return [Chip(label, self._url(code), self.counts[code], code == self.show) for code, label in labels.items()]

    @property
    def query(self) -> str:
        return self._url(self.show).removeprefix("?")

    @property
    def records(self) -> QuerySet[Task]:
        """Open tasks first, by due date; then those that are done, the latest first."""
        found = self._found().filter(self._filter(self.show)).select_related("client", "topic", "assignee")
        return found.order_by("-state", _DUE_WHILE_OPEN, "-due_date", "id")

    def weeks(self, tasks: Iterable[Task]) -> list[tuple[str, list[Task]]]:
        """Return a page of tasks by the week in which they are due, each with its heading."""
        grouped = groupby(tasks, key=lambda task: (task.state == TaskState.DONE, *task.due_date.isocalendar()[:2]))
        return [(self._heading(list_of), list_of) for list_of in (list(group) for _key, group in grouped)]

    def _heading(self, tasks: Sequence[Task]) -> str:
        monday = tasks[0].due_date - timedelta(days=tasks[0].due_date.weekday())
        days = f"{short_day(monday, self.today)} – {short_day(monday + timedelta(days=6), self.today)}"
        words = {"week": monday.isocalendar()[1], "days": days}
        if tasks[0].state == TaskState.DONE:
            return _("Done, week %(week)d, %(days)s") % words
        if monday <= self.today <= monday + timedelta(days=6):
            return _("This week, %(days)s") % words
        return _("Week %(week)d, %(days)s") % words

    def _found(self) -> QuerySet[Task]:
        found = Task.objects.get_queryset()
        if self.due is not None:
            found = found.filter(due_date=self.due)
        for word in names.for_search(self.words).split():
            found = found.filter(Q(title_search__contains=word) | Q(client__name_search__contains=word))
        return found

    def _filter(self, code: str) -> Q:
        first = first_of(self.today)
        return {
            MINE: Q(state=TaskState.OPEN, assignee=self.user),
            OVERDUE: Q(state=TaskState.OPEN, due_date__lt=self.today),
            MONTH: Q(due_date__gte=first, due_date__lt=next_month(first)),
            ALL: Q(),
        }[code]

    def _url(self, show: str) -> str:
        parts = {"q": self.words, "show": show, "due": self.due.isoformat() if self.due else ""}
        return f"?{urlencode({name: value for name, value in parts.items() if value})}"


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    tasks: Sequence[Task]
    more: int
    """How many tasks of the day are not shown."""


@dataclass(frozen=True)
class TaskCalendar:
    """The tasks of a month, by its first day; `mine` leaves out those of others."""

    month: date
    today: date
    user: User
    mine: bool = False

    @classmethod
    def of(cls, request: HttpRequest, user: User, today: date) -> TaskCalendar:
        """Read the address; without a month that is one, it is this month."""
        month = _day_named(f"{request.GET.get('month', '')}-01") or first_of(today)
        return cls(month, today, user, request.GET.get("show") == MINE)

    @property
    def chips(self) -> list[Chip]:
        counts = self._tasks().aggregate(all=Count("pk"), mine=Count("pk", Q(assignee=self.user)))
        labels = {True: (_("Mine"), counts["mine"]), False: (_("All"), counts["all"])}
        return [
            Chip(label, replace(self, mine=mine).url, count, mine == self.mine)
            for mine, (label, count) in labels.items()
        ]

    @property
    def url(self) -> str:
        return f"?{urlencode({'month': f'{self.month:%Y-%m}', **({'show': MINE} if self.mine else {})})}"

    @property
    def previous(self) -> TaskCalendar | None:
        return replace(self, month=first_of(self.month - timedelta(days=1))) if self.month > date(2000, 1, 1) else None

    @property
    def next(self) -> TaskCalendar | None:
        return replace(self, month=next_month(self.month)) if self.month < date(2200, 1, 1) else None

    @property
    def weekdays(self) -> list[date]:
        """Seven days that begin on a Monday, for the headings."""
        return [date(2024, 1, day) for day in range(1, 8)]

    @property
    def weeks(self) -> list[list[Day]]:
        """The month in whole weeks; a day of another month has no tasks here."""
        tasks = self._tasks().order_by("-state", "title", "id")
        by_day: dict[date, list[Task]] = {}
        for task in tasks.filter(assignee=self.user) if self.mine else tasks:
            by_day.setdefault(task.due_date, []).append(task)
        return [
            [Day(day, (due := by_day.get(day, []))[:SHOWN_A_DAY], max(len(due) - SHOWN_A_DAY, 0)) for day in week]
            for week in Calendar().monthdatescalendar(self.month.year, self.month.month)
        ]

    def _tasks(self) -> QuerySet[Task]:
        return Task.objects.filter(due_date__gte=self.month, due_date__lte=last_of(self.month)).select_related("client")


def _day_named(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date(2000, 1, 1) <= day < date(2201, 1, 1) else None
