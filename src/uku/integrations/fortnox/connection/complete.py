"""From a code to a connection: exchange it, see which company it reaches, then connect, ask a person, or refuse.

A grant is stored, sealed and not in force, before anything else is asked, so that a process that dies at any point
leaves something that the sweep revokes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fortnox_api import FortnoxError, TokenSet
from uku.integrations.fortnox.client.open import oauth_app, open_with
from uku.integrations.fortnox.connection import revoke
from uku.integrations.fortnox.connection.company import Company, facts_of, read_company, remember_company, same_number
from uku.integrations.fortnox.connection.errors import (
    CompanyNotAllowed,
    GrantIncomplete,
    GrantNotPending,
    explain_failure,
)
from uku.integrations.fortnox.connection.resume import ResumedWork, resume
from uku.integrations.fortnox.connection.scopes import FIRST_SCOPES
from uku.integrations.fortnox.models import (
    AttemptOutcome,
    AuthorizationAttempt,
    Connection,
    ConsentLink,
    PendingGrant,
    Revocation,
    RevocationOutcome,
    TokenSource,
)
from uku.integrations.fortnox.tokens import app_credentials, grant_state
from uku.integrations.fortnox.tokens.encryption import open_grant, seal_grant, seal_tokens
from uku.integrations.fortnox.tokens.installation import this_instance
from uku.integrations.fortnox.tokens.store import refuse_inside_transaction
from uku.kit.scoping import workspace_in_force
from uku.kit.secrets import CannotOpen
from uku.products.operations import restore_articles
from uku.tasks.pauses import note_connected
from uku.workspaces.audit import record
from uku.workspaces.company import fill_empty
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import Membership, User
from uku.workspaces.notices import News, clear, tell
from uku.workspaces.permissions import Permission, needs

CONFIRM_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class NewConnection:
    """The connection that a grant made, and what went on with it."""

    connection: Connection
    resumed: ResumedWork

    def in_words(self) -> str:
        """Say which company it is and what was waiting."""
        name = _("Fortnox is connected to %(name)s.") % {"name": self.connection.company_name}
        return f"{name} {self.resumed.in_words()}".rstrip()


def complete(*, attempt: AuthorizationAttempt, code: str, at: datetime) -> NewConnection | PendingGrant:
    """Exchange the code, see which company it reaches, and connect; or return the grant that waits for a person.

    Raises FortnoxError when Fortnox refuses, CompanyNotAllowed or GrantIncomplete when the grant is not one we can
    take, GrantNotPending when a later authorization overtook this one; then nothing is stored, a grant that was given
    is given back, and the attempt says how that ended.
    """
    refuse_inside_transaction()
    try:
        tokens = oauth_app().exchange_code(code)
        app_credentials.note_accepted(at)
        grant = _store_grant(attempt, tokens, at)
        try:
            return _connect_or_wait(grant, tokens, at)
        except Exception:
            # The page tells whoever authorized how the grant ended; after a link, owners and admins are told as well.
            outcome = withdraw(grant=grant, at=at)
            if attempt.link_id is not None and outcome not in {None, RevocationOutcome.CONFIRMED}:
                notify_outcome(grant, outcome, at)
            raise
    except Exception as error:
        reason = _("an error in Uku")
        if isinstance(error, CompanyNotAllowed):
            reason = error.sentence
        elif isinstance(error, (GrantIncomplete, GrantNotPending, FortnoxError)):
            reason = str(explain_failure(error).happened)
        reject_attempt(attempt=attempt, reason=reason, at=at)
        # The person approved in Fortnox, so that a permission that was not given back here may be alive there.
        unclear = AuthorizationAttempt.everywhere.filter(pk=attempt.pk, revocation="")
        unclear.update(revocation=RevocationOutcome.NOT_KNOWN)
        attempt.refresh_from_db(fields=["revocation"])
        raise


def _store_grant(attempt: AuthorizationAttempt, tokens: TokenSet, at: datetime) -> PendingGrant:
    """Store the grant at once. One that waited in this workspace gives way to it.

    One that waited for the same company is not revoked: the new one may stand on its consent. Raises GrantIncomplete
    when nothing could keep the grant alive.
    """
    if tokens.refresh_token is None:
        raise GrantIncomplete
    replaced = None
    with transaction.atomic(), workspace_in_force(attempt.workspace_id):
        Connection.objects.select_for_update().get()
        waiting = PendingGrant.objects.select_related("attempt__link").first()
        if waiting is not None:
            replaced = _remove_grant(waiting, at, give_back=_company_id_of(waiting) != (tokens.tenant_id or ""))
        grant = PendingGrant.objects.create(
            attempt=attempt,
            scopes=sorted(tokens.scopes),
            instance=this_instance(),
            created_at=at,
            expires_at=at + CONFIRM_WITHIN,
        )
        grant.sealed_tokens = seal_grant(grant, tokens)
        grant.save(update_fields=["sealed_tokens"])
    if replaced is not None:
        revoke.finish_revocation(revocation_id=replaced.pk, at=at)
    return grant


def _connect_or_wait(grant: PendingGrant, tokens: TokenSet, at: datetime) -> NewConnection | PendingGrant:
    """Read the company, then connect it or let the grant wait for a person.

    Somebody must confirm the company always after a link. Otherwise when the organisation number is
    not the workspace's own, unless this very company is connected already; and when the connected company has a new
    organisation number. A permission that is lacking and that every kind of sync needs makes the grant incomplete.
    """
    attempt = grant.attempt
    if lacking := [scope for scope in FIRST_SCOPES if scope not in tokens.scopes]:
        raise GrantIncomplete(lacking)
    with open_with(tokens) as fortnox:
        company = read_company(fortnox)
    grant.company_name = company.name[:200]
    PendingGrant.everywhere.filter(pk=grant.pk).update(company_name=grant.company_name)
    _require_allowed_company(grant, company, attempt.user if attempt.link is None else None)
    connection = Connection.everywhere.get(workspace_id=attempt.workspace_id)
    expected = (connection.is_connected and connection.organisation_number) or attempt.workspace.organisation_number
    if attempt.link_id is not None or (expected and not same_number(expected, company.organisation_number)):
        return _wait_for_person(grant, company, at)
    with workspace_in_force(attempt.workspace_id):
        return activate(grant=grant, company=company, actor=attempt.user, at=at)


def notify_outcome(grant: PendingGrant, outcome: RevocationOutcome, at: datetime) -> None:
    """Tell owners and admins how a grant that was withdrawn ended."""
    key, workspace = f"grant {grant.pk}", grant.attempt.workspace
    revoke.notify_outcome(outcome, key=key, name=grant.company_name, workspace=workspace, at=at)


def _wait_for_person(grant: PendingGrant, company: Company, at: datetime) -> PendingGrant:
    """Let the grant wait for a person, and use up its link. Raises GrantNotPending when another one came first."""
    attempt = grant.attempt
    with transaction.atomic(), workspace_in_force(grant.workspace_id):
        row = _locked_grant(grant)
        if attempt.link_id is not None:
            used = ConsentLink.objects.filter(pk=attempt.link_id, used_at=None, withdrawn_at=None).update(used_at=at)
            if not used:
                raise GrantNotPending
            facts = {"name": company.name, "number": company.organisation_number, "database": company.id}
            news = News(
                key=notice_key(grant),
                title=_("Fortnox was authorized with your link. Confirm %(name)s") % facts,
                text=_(
                    "%(name)s, organisation number %(number)s, database %(database)s. Nothing syncs until"
                    " you confirm that this is the right company. If nobody confirms it within 24 hours, Uku"
                    " ends its access at Fortnox."
                )
                % facts,
                url=reverse("fortnox:confirm", kwargs={"slug": attempt.workspace.slug}),
                tone="warning",
                permission=Permission.MANAGE_INTEGRATIONS,
                user=attempt.user,
                by_mail=True,
            )
            tell(news, at=at)
        row.company_id, row.company_name = company.id, company.name[:200]
        row.organisation_number, row.company_facts = company.organisation_number, company.card
        row.save()
        _set_outcome(attempt, AttemptOutcome.WAITING)
        summary = translate_for_workspace(
            gettext_lazy("Fortnox gave access to %(name)s, database %(database)s. A person must confirm it"),
            name=company.name,
            database=company.id,
        )
        after = {**facts_of(company.name, company.organisation_number, company.id), "scopes": row.scopes}
        actor = None if attempt.link_id else attempt.user
        record(actor=actor, action="fortnox.wait", target=row, summary=summary, at=at, after=after)
    return row


def notice_key(grant: PendingGrant) -> str:
    return f"fortnox grant {grant.pk}"


def _require_allowed_company(grant: PendingGrant, company: Company, person: User | None) -> None:
    """Raise CompanyNotAllowed unless this workspace may connect this company.

    `person` is who will read the words: the other workspace is named only to a person who belongs to it.
    """
    mine = Connection.everywhere.get(workspace_id=grant.workspace_id)
    if mine.is_connected and mine.company_id != company.id:
        raise CompanyNotAllowed(
            _(
                "This workspace is connected to %(ours)s, and you chose %(theirs)s. Click Disconnect on the"
                " Overview tab first, then Authorize again and pick the right company."
            )
            % {"ours": mine.company_name, "theirs": company.name}
        )
    others = Connection.everywhere.exclude(sealed_tokens="").exclude(workspace_id=grant.workspace_id)
    if (other := others.filter(company_id=company.id).select_related("workspace").first()) is not None:
        belongs = person is not None and Membership.everywhere.filter(
            workspace_id=other.workspace_id, user=person, is_active=True
        )
        words = (
            _("%(company)s is already connected to %(workspace)s. Disconnect it there first, or pick another company.")
            if belongs
            else _(
                "%(company)s is already connected to another workspace. Disconnect it there first, or pick another"
                " company."
            )
        )
        raise CompanyNotAllowed(words % {"company": company.name, "workspace": other.workspace.name})


@needs(Permission.MANAGE_INTEGRATIONS)
def activate(*, grant: PendingGrant, company: Company, actor: User | None, at: datetime) -> NewConnection:
    """Make the grant the workspace's connection; all that waited goes on at once.

    Raises GrantNotPending, or CompanyNotAllowed when the company is taken.
    """
    _require_allowed_company(grant, company, actor)
    try:
        with transaction.atomic(), workspace_in_force(grant.workspace_id):
            connection = Connection.objects.select_for_update().get()
            row = _locked_grant(grant)
            before = facts_of(connection.company_name, connection.organisation_number, connection.company_id)
            _fill_connection(connection, row, company, at)
            remember_company(connection, at=at)
            restore_articles(company=company.id, at=at)
            _remove_grant(row, at, give_back=False)
            _set_outcome(row.attempt, AttemptOutcome.CONNECTED)
            fill_empty(workspace=connection.workspace, actor=actor, at=at, proposal=company.card, source="fortnox")
            summary = translate_for_workspace(
                gettext_lazy("Fortnox connected to %(name)s, database %(database)s"),
                name=company.name,
                database=company.id,
            )
            after = {**facts_of(company.name, company.organisation_number, company.id), "scopes": connection.scopes}
            record(
                actor=actor,
                action="fortnox.connect",
                target=connection,
                summary=summary,
                at=at,
                before=before,
                after=after,
            )
            resumed = resume(connection, at=at)
    except IntegrityError:  # another workspace was a moment quicker
        _require_allowed_company(grant, company, actor)
        raise
    return NewConnection(connection, resumed)


def _fill_connection(connection: Connection, grant: PendingGrant, company: Company, at: datetime) -> None:
    """Put the grant's tokens and facts in force; the generation makes a refresh that is under way a stale one."""
    attempt, tokens = grant.attempt, open_grant(grant)
    connection.company_id, connection.company_name = company.id, company.name[:200]
    connection.organisation_number = company.organisation_number
    connection.company_facts, connection.company_read_at = company.card, at
    connection.scopes, connection.lost_scopes = sorted(tokens.scopes), []
    connection.service_account = attempt.service_account
    connection.instance = this_instance()
    connection.source = TokenSource.CREDENTIALS if attempt.service_account else TokenSource.REFRESH
    connection.authorized_by, connection.authorized_at = attempt.user, at
    connection.authorized_through_link = attempt.link_id is not None
    connection.sealed_tokens = seal_tokens(connection.pk, tokens)
    connection.generation += 1
    connection.refreshed_at = connection.consent_renewed_at = at
    grant_state.clear_errors(connection)
    connection.save()
    note_connected()


def withdraw(*, grant: PendingGrant, at: datetime) -> RevocationOutcome | None:
    """Take a grant away that is not in force, give it back, and note on its attempt how that ended.

    None when it was gone already.
    """
    with transaction.atomic(), workspace_in_force(grant.workspace_id):
        Connection.objects.select_for_update().get()
        row = PendingGrant.objects.filter(pk=grant.pk).select_related("attempt__link").first()
        if row is None:
            return None
        revocation = _remove_grant(row, at, give_back=True)
    outcome = revoke.carry_out_revocation(revocation, at=at) if revocation else RevocationOutcome.NOT_KNOWN
    AuthorizationAttempt.everywhere.filter(pk=grant.attempt_id).update(revocation=outcome)
    return outcome


def _remove_grant(row: PendingGrant, at: datetime, *, give_back: bool) -> Revocation | None:
    """Delete the row and its notice; with `give_back`, set its token aside first. In the caller's transaction."""
    revocation = None
    if give_back:
        revocation = revoke.store_revocation(
            lambda: open_grant(row),
            company_id=_company_id_of(row),
            company_name=row.company_name,
            service_account=row.attempt.service_account,
            at=at,
        )
    clear(key=notice_key(row), at=at)
    row.delete()
    return revocation


def _company_id_of(row: PendingGrant) -> str:
    """Return the company's id, from the token while the company itself is not read yet; "" when nothing tells."""
    try:
        return row.company_id or open_grant(row).tenant_id or ""
    except CannotOpen:
        return ""


def _locked_grant(grant: PendingGrant) -> PendingGrant:
    """Return the row under its lock. Raises GrantNotPending when it waits no longer."""
    rows = PendingGrant.objects.select_for_update(of=("self",)).select_related("attempt__user", "attempt__workspace")
    row: PendingGrant | None = rows.filter(pk=grant.pk).first()
    if row is None:
        raise GrantNotPending
    return row


def _set_outcome(attempt: AuthorizationAttempt, outcome: AttemptOutcome) -> None:
    AuthorizationAttempt.everywhere.filter(pk=attempt.pk).update(outcome=outcome)


def reject_attempt(*, attempt: AuthorizationAttempt, reason: str, at: datetime) -> None:
    """End an attempt without a grant, and say in the audit log why."""
    _set_outcome(attempt, AttemptOutcome.REFUSED)
    actor = None if attempt.link_id else attempt.user
    with transaction.atomic(), workspace_in_force(attempt.workspace_id):
        summary = translate_for_workspace(gettext_lazy("Fortnox was not connected: %(reason)s"), reason=reason)
        record(actor=actor, action="fortnox.refuse", target=attempt, summary=summary, at=at)
