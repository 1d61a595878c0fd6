"""Members: who they are, inviting, roles, taking the way in away, and handing the workspace over."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.db.models import Case, Value, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from uku.kit import clock
from uku.web.forms.members import BillingForm, InviteForm, RoleForm
from uku.web.list_filters import page_of
from uku.web.rate_limits import throttled
from uku.workspaces import invitations, members
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.models import Invitation, Membership, Role, User
from uku.workspaces.permissions import MANAGERS, Permission
from uku.workspaces.proof import fresh_sign_in

BY_ROLE = Case(When(role=Role.OWNER, then=Value(0)), When(role=Role.ADMIN, then=Value(1)), default=Value(2))
FACTORS = ("totp", "webauthn")


@workspace_page(Permission.SEE)
@require_safe
def member_list(request: WorkspaceRequest) -> HttpResponse:
    people = Membership.objects.select_related("user").order_by("-is_active", BY_ROLE, "user__name", "user__email")
    page = page_of(people, request)
    managers = list(Membership.objects.filter(is_active=True, role__in=MANAGERS).values_list("user_id", flat=True))
    waiting = Invitation.objects.filter(accepted_at=None, withdrawn_at=None).select_related("invited_by")
    context = {
        "page": page,
        "guarded": _with_second_factor([member.user_id for member in page]),
        "invitations": list(waiting.order_by("-created_at", "-id")),
        "managers": len(managers),
        "unguarded": len(managers) - len(_with_second_factor(managers)),
        "now": clock.now(),
    }
    return render(request, "members/list.html", context)


def _with_second_factor(people: list[int]) -> set[int]:
    """Who of these has an authenticator app or a passkey; recovery codes alone are none."""
    found = User.objects.filter(pk__in=people, authenticator__type__in=FACTORS)
    return set(found.values_list("pk", flat=True))


@workspace_page(Permission.MANAGE_MEMBERS)
@require_http_methods(["GET", "HEAD", "POST"])
@throttled("invite")
def member_invite(request: WorkspaceRequest) -> HttpResponse:
    """The answer is the same whether the address has an account here or not (S24)."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        address = form.cleaned_data["email"]
        try:
            invitations.invite(email=address, role=form.cleaned_data["role"], actor=request.user, at=clock.now())
        except invitations.AlreadyMember as found:
            if found.membership.is_active:
                form.add_error("email", gettext("This person is already a member of this workspace."))
            else:
                words = gettext("This person was deactivated. Reactivate them in the list of members instead.")
                form.add_error("email", words)
        else:
            messages.success(request, gettext("Invitation sent to %(address)s.") % {"address": address})
            return _to_list(request)
    return render(request, "members/invite.html", {"form": form}, status=422 if form.is_bound else 200)


@workspace_page(Permission.MANAGE_MEMBERS)
@require_POST
@throttled("invite")
def invitation_resend(request: WorkspaceRequest, pk: int) -> HttpResponse:
    invitation = get_object_or_404(Invitation.objects, pk=pk)
    try:
        invitations.resend(invitation=invitation, actor=request.user, at=clock.now())
    except invitations.InvitationGone:
        return _gone(request)
    words = gettext("New invitation sent to %(address)s. The old link no longer works.")
    messages.success(request, words % {"address": invitation.email})
    return _to_list(request)


@workspace_page(Permission.MANAGE_MEMBERS)
@require_POST
def invitation_withdraw(request: WorkspaceRequest, pk: int) -> HttpResponse:
    invitation = get_object_or_404(Invitation.objects, pk=pk)
    try:
        invitations.withdraw(invitation=invitation, actor=request.user, at=clock.now())
    except invitations.InvitationGone:
        return _gone(request)
    words = gettext("The invitation of %(address)s is withdrawn. Its link no longer works.")
    messages.success(request, words % {"address": invitation.email})
    return _to_list(request)


def _gone(request: WorkspaceRequest) -> HttpResponse:
    messages.warning(request, gettext("Nothing was changed: the invitation was accepted or withdrawn in the meantime."))
    return _to_list(request)


@workspace_page(Permission.MANAGE_MEMBERS)
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in
def member_page(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """One member: facts, role and billing permissions. A POST changes the role."""
    member = _member(pk)
    form = RoleForm(request.POST or None, initial={"role": member.role})
    if request.method == "POST" and form.is_valid():
        role = form.cleaned_data["role"]
        words = {"name": member.user, "role": Role(role).label}
        done = gettext("%(name)s is now %(role)s.") % words
        return _try(
            request, done, lambda: members.change_role(membership=member, role=role, actor=request.user, at=clock.now())
        )
    return _draw_member(request, member, form, BillingForm(member=member))


@workspace_page(Permission.MANAGE_MEMBERS)
@require_POST
@fresh_sign_in
def member_billing(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Change what a member may do with invoices."""
    member = _member(pk)
    form = BillingForm(request.POST, member=member)
    if not form.is_valid():
        return _draw_member(request, member, RoleForm(initial={"role": member.role}), form)
    members.change_billing(membership=member, allowed=form.allowed, actor=request.user, at=clock.now())
    words = gettext("The billing permissions of %(name)s are saved.")
    messages.success(request, words % {"name": member.user})
    return redirect("member", slug=request.workspace.slug, pk=pk)


def _draw_member(request: WorkspaceRequest, member: Membership, form: RoleForm, billing: BillingForm) -> HttpResponse:
    guarded = bool(_with_second_factor([member.user_id]))
    context = {"member": member, "form": form, "billing": billing, "guarded": guarded}
    return render(request, "members/page.html", context, status=422 if form.is_bound or billing.is_bound else 200)


@workspace_page(Permission.MANAGE_MEMBERS)
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in
def member_deactivate(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Say first what stops and what stays; a POST deactivates."""
    member = _member(pk)
    if request.method != "POST" and member.role != Role.OWNER:
        return render(request, "members/deactivate.html", {"member": member})
    done = gettext("%(name)s is deactivated and can no longer open this workspace.") % {"name": member.user}
    return _try(request, done, lambda: members.deactivate(membership=member, actor=request.user, at=clock.now()))


@workspace_page(Permission.MANAGE_MEMBERS)
@require_POST
@fresh_sign_in
def member_reactivate(request: WorkspaceRequest, pk: int) -> HttpResponse:
    member = _member(pk)
    words = {"name": member.user, "role": member.get_role_display()}
    done = gettext("%(name)s is active again, as %(role)s.") % words
    return _try(request, done, lambda: members.reactivate(membership=member, actor=request.user, at=clock.now()))


@workspace_page(Permission.TRANSFER_OWNERSHIP)
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in
def member_transfer(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Name the consequences; a POST hands the workspace over."""
    member = _member(pk)
    if request.method != "POST":
        return render(request, "members/transfer.html", {"member": member})
    done = gettext("%(name)s is now the Company Owner; you are a Company Admin.") % {"name": member.user}
    return _try(
        request,
        done,
        lambda: members.transfer_ownership(
            workspace=request.workspace, membership=member, actor=request.user, at=clock.now()
        ),
    )


@workspace_page(Permission.MANAGE_MEMBERS)
@require_POST
@fresh_sign_in
def second_factor_rule(request: WorkspaceRequest) -> HttpResponse:
    """Switch on or off that owners and admins need a second factor."""
    required = request.POST.get("required") == "yes"
    members.require_second_factor(workspace=request.workspace, required=required, actor=request.user, at=clock.now())
    on, off = (
        gettext("Owners and admins now need a second factor."),
        gettext("Owners and admins no longer need a second factor."),
    )
    messages.success(request, on if required else off)
    return _to_list(request)


def _member(pk: int) -> Membership:
    return get_object_or_404(Membership.objects.select_related("user"), pk=pk)


def _try(request: WorkspaceRequest, done: str, change: Callable[[], object]) -> HttpResponse:
    """Make a change and say so; what the one owner's place does not allow is said instead."""
    try:
        change()
    except members.OwnerRoleIsFixed:
        messages.error(
            request,
            gettext("The role of the Company Owner cannot be changed. Make another member the owner first."),
        )
    except members.IneligibleOwner:
        messages.error(
            request,
            gettext("Nothing was changed: only an active member who is not the owner already can be made owner."),
        )
    else:
        messages.success(request, done)
    return _to_list(request)


def _to_list(request: WorkspaceRequest) -> HttpResponse:
    return redirect("members", slug=request.workspace.slug)
