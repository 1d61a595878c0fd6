"""Members in the browser: the list, inviting, roles, the way in, and joining by a link."""

from __future__ import annotations

import re

import pytest
from django.core import mail

from uku.kit import clock
from uku.workspaces import invitations
from uku.workspaces.models import Invitation, Membership, User

pytestmark = pytest.mark.django_db
MEMBERS = "/w/byran/settings/members/"


@pytest.fixture
def desk(signed_in, owner, workspace, no_integration):
    """The owner's browser."""
    return signed_in(owner)


@pytest.fixture
def link(scope):
    """Invite and return the path of the link in the e-mail."""

    def make(email="new@byran.example", role="member"):
        actor = Membership.objects.get(role="owner").user
        invitation = invitations.invite(email=email, role=role, actor=actor, at=clock.now())
        mail.outbox.clear()
        invitations.deliver(invitation_id=invitation.pk, at=clock.now())
        return re.findall(r"http://localhost:8720(/invitation/\S+)", mail.outbox[0].body)[0]

    return make


def pk_of(user):
    return Membership.everywhere.get(user=user, workspace__slug="byran").pk


def test_owners_and_admins_see_sign_in_and_second_factor(read, desk, owner, member):
    from allauth.mfa.models import Authenticator

    Authenticator.objects.create(user=owner, type="totp", data={})
    Authenticator.objects.create(user=member, type="recovery_codes", data={})
    page = read(desk.get(MEMBERS))
    assert page.rows[0] == ["Name", "E-mail", "Role", "Last sign-in", "Second factor", "Status"]
    assert page.rows[1] == ["Olga Owner (you)", owner.email, "Company Owner", "just now", "Second factor On", "Active"]
    assert page.rows[2] == [member.email, member.email, "Company Member", "Never", "Second factor Off", "Active"]
    assert "Invite" in page.all("a")


def test_a_member_sees_who_the_others_are_and_who_can_do_more(read, signed_in, member, owner, no_integration):
    page = read(signed_in(member).get(MEMBERS))
    assert page.rows[0] == ["Name", "E-mail", "Role", "Status"]
    assert "Only a Company Owner or Company Admin can invite people and change their roles." in page.all("p")
    assert "Invite" not in page.all("a")


def test_an_invitation_answers_the_same_for_known_and_unknown_people(read, desk, stranger):
    """S24: whether an address has an account is not for the inviter to know."""
    answers = []
    for address in (stranger.email, "nobody@annan.example"):
        answer = desk.post(f"{MEMBERS}invite/", {"email": address, "role": "member"}, follow=True)
        html = answer.content.decode().replace(address, "ADDRESS")
        answers.append((answer.redirect_chain, re.findall(r'<p class="note[^>]*>.*?</p>', html)))
    assert answers[0] == answers[1]
    assert answers[0][1] == ['<p class="note note--success">Invitation sent to ADDRESS.</p>']


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (
            {"email": "a@b.example\r\nBcc: c@d.example", "role": "member"},
            "Write one e-mail address like name@company.se.",
        ),
        ({"email": "a@b.example, c@d.example", "role": "member"}, "Write one e-mail address like name@company.se."),
        ({"email": "a" * 320, "role": "member"}, "Write one e-mail address like name@company.se."),
        ({"email": "a@b.example", "role": "owner"}, "Choose Company Member or Company Admin."),
        ({"email": "owner@byran.example", "role": "admin"}, "This person is already a member of this workspace."),
    ],
)
def test_what_cannot_be_invited_is_said_at_the_field(read, desk, facts, said):
    """B16"""
    answer = desk.post(f"{MEMBERS}invite/", facts)
    assert (answer.status_code, Invitation.everywhere.count()) == (422, 0)
    assert said in answer.content.decode()


def test_invitations_are_listed_sent_again_and_withdrawn(read, desk, link):
    old = link()
    invitation = Invitation.everywhere.get()
    html = desk.get(MEMBERS).content.decode()
    assert "Waiting for an answer" in html
    place = f"{MEMBERS}invitations/{invitation.pk}/"
    desk.post(f"{place}resend/")
    assert "Sending" in desk.get(MEMBERS).content.decode()
    desk.post(f"{place}withdraw/")
    assert "new@byran.example" not in read(desk.get(MEMBERS)).all("b")
    again = read(desk.post(f"{place}withdraw/", follow=True))
    assert "Nothing was changed: the invitation was accepted or withdrawn in the meantime." in again.all("p")
    assert desk.get(old, follow=True).status_code == 410


def test_a_new_person_joins_with_a_name_and_a_password(read, client, link, no_integration):
    answer = client.get(link(role="admin"))
    assert (answer.status_code, answer["Location"]) == (302, "/invitation/")
    page = read(client.get("/invitation/"))
    assert page.heading == "Join Byran"
    assert "Olga Owner invites you, as Company Admin." in page.all("p")
    refused = client.post("/invitation/", {"name": "Nils Ny", "password": "password12"})
    assert (refused.status_code, "This password is too common." in refused.content.decode()) == (422, True)
    joined = client.post("/invitation/", {"name": "Nils Ny", "password": "correct horse battery"}, follow=True)
    assert joined.redirect_chain == [("/w/byran/clients/", 302)]
    assert "Welcome to Byran." in read(joined).all("p")
    assert Membership.everywhere.get(user__email="new@byran.example").role == "admin"
    assert client.get("/invitation/").status_code == 410


def test_a_person_with_an_account_signs_in_first(read, client, link, stranger, no_integration):
    path = link(email=stranger.email)
    client.get(path)
    page = read(client.get("/invitation/"))
    assert "owner@annan.example already has an account in Uku. Sign in to join." in page.all("p")
    client.post("/invitation/", {"name": "x", "password": "correct horse battery"})
    assert Membership.everywhere.filter(user=stranger).count() == 0
    facts = {"login": stranger.email, "password": "correct horse battery"}
    answer = client.post("/accounts/login/?next=/invitation/", facts)
    assert answer["Location"] == "/invitation/"
    assert client.post("/invitation/")["Location"] == "/w/byran/clients/"
    assert Membership.everywhere.get(user=stranger).role == "member"


def test_a_link_opened_by_somebody_else_is_not_theirs(read, desk, link, owner):
    desk.get(link())
    page = read(desk.post("/invitation/"))
    assert page.heading == "This invitation is for someone else"
    assert User.objects.filter(email="new@byran.example").count() == 0


@pytest.mark.parametrize("path", ["/invitation/", "/invitation/nothing/"])
def test_a_link_that_never_was_answers_like_one_that_is_over(read, client, db, path):
    page = read(client.get(path, follow=True))
    assert page.heading == "This invitation no longer works"


def test_opening_a_link_uses_nothing_up(client, link):
    """Mail scanners open links too."""
    path = link()
    for _ in range(3):
        client.head(path)
        client.get(path)
    assert Invitation.everywhere.get().accepted_at is None
    assert client.get("/invitation/").status_code == 200


def test_a_role_holds_from_the_next_request(desk, signed_in, admin, member):
    """B21"""
    theirs = signed_in(admin)
    assert theirs.get(f"{MEMBERS}invite/").status_code == 200
    desk.post(f"{MEMBERS}{pk_of(admin)}/", {"role": "member"})
    assert theirs.get(f"{MEMBERS}invite/").status_code == 403
    desk.post(f"{MEMBERS}{pk_of(admin)}/", {"role": "admin"})
    assert theirs.get(f"{MEMBERS}invite/").status_code == 200


def test_a_deactivated_person_is_out_of_every_session_at_once(desk, signed_in, admin, read):
    """B21"""
    browsers = [signed_in(admin) for _ in range(2)]
    page = read(desk.get(f"{MEMBERS}{pk_of(admin)}/deactivate/"))
    assert page.heading == "Deactivate admin@byran.example?"
    desk.post(f"{MEMBERS}{pk_of(admin)}/deactivate/")
    assert [browser.get("/w/byran/clients/").status_code == 200 for browser in browsers] == [False, False]
    desk.post(f"{MEMBERS}{pk_of(admin)}/reactivate/")
    assert signed_in(admin).get("/w/byran/clients/").status_code == 200


def test_an_admin_cannot_touch_the_owner(read, signed_in, owner, admin, no_integration):
    theirs = signed_in(admin)
    place = f"{MEMBERS}{pk_of(owner)}/"
    for answer in (
        theirs.post(place, {"role": "member"}, follow=True),
        theirs.post(f"{place}deactivate/", follow=True),
    ):
        said = "The role of the Company Owner cannot be changed. Make another member the owner first."
        assert said in read(answer).all("p")
    refused = theirs.post(f"{MEMBERS}{pk_of(admin)}/transfer/")
    assert refused.status_code == 403
    assert "Only a Company Owner can make another member the owner." in refused.content.decode()
    assert Membership.everywhere.get(user=owner).role == "owner"


def test_handing_over_names_what_follows_and_then_does_it(read, desk, owner, admin):
    page = read(desk.get(f"{MEMBERS}{pk_of(admin)}/transfer/"))
    assert page.heading == "Make admin@byran.example the owner of Byran?"
    assert page.all("li")[-1] == "Only the new owner can undo this."
    desk.post(f"{MEMBERS}{pk_of(admin)}/transfer/")
    roles = dict(Membership.everywhere.filter(workspace__slug="byran").values_list("user__email", "role"))
    assert roles == {owner.email: "admin", admin.email: "owner"}


def test_the_rule_of_the_second_factor_is_switched(desk, workspace, owner):
    assert "1 of 1 owners and admins has no second factor." in desk.get(MEMBERS).content.decode()
    desk.post(f"{MEMBERS}second-factor/", {"required": "yes"})
    workspace.refresh_from_db()
    assert workspace.second_factor_required is True


def test_a_stale_sign_in_is_asked_again_before_people_change(desk, admin, member):
    """S18"""
    session = desk.session
    session["uku_proved_at"] = 0
    session.save()
    answer = desk.post(f"{MEMBERS}{pk_of(member)}/", {"role": "admin"})
    assert answer.status_code == 302
    assert "/accounts/reauthenticate/" in answer["Location"]
    assert Membership.everywhere.get(user=member).role == "member"


def boxes(page):
    """The billing permissions of the page, and which are selected."""
    return {
        a["name"].removeprefix("may_").removesuffix("_invoices"): "checked" in a
        for tag, a in page.tags
        if tag == "input" and a.get("type") == "checkbox"
    }


def test_billing_permissions_are_given_on_the_members_page(read, desk, signed_in, member, records):
    place, theirs = f"{MEMBERS}{pk_of(member)}/", signed_in(member)
    before = {"see": True, "draft": True, "issue": False, "credit": False, "send": False}
    assert boxes(read(desk.get(place))) == before
    issue = f"/w/byran/billing/{records.draft.pk}/issue/"
    assert theirs.post(issue).status_code == 403
    answer = desk.post(f"{place}permissions/", {"may_see_invoices": "on", "may_issue_invoices": "on"})
    assert (answer.status_code, answer["Location"]) == (302, place)
    assert boxes(read(desk.get(place))) == {**before, "draft": False, "issue": True}
    assert theirs.post(issue).status_code == 302
    assert theirs.get("/w/byran/billing/new/").status_code == 403


def test_a_permission_that_needs_another_is_refused_in_words(read, desk, member):
    place = f"{MEMBERS}{pk_of(member)}/permissions/"
    answer = desk.post(place, {"may_issue_invoices": "on"})
    assert answer.status_code == 422
    assert "Select See invoices too: the other permissions need it." in read(answer).all("li")


def test_a_member_gives_nobody_billing_permissions(signed_in, member):
    answer = signed_in(member).post(f"{MEMBERS}{pk_of(member)}/permissions/", {"may_issue_invoices": "on"})
    assert answer.status_code == 403
    assert Membership.everywhere.get(user=member).may_issue_invoices is False


def test_billing_is_closed_to_whoever_may_not_see_invoices(read, desk, signed_in, member, records, no_integration):
    theirs = signed_in(member)
    assert "Billing" in read(theirs.get("/w/byran/clients/")).all("a")
    desk.post(f"{MEMBERS}{pk_of(member)}/permissions/", {})
    assert "Billing" not in read(theirs.get("/w/byran/clients/")).all("a")
    client = read(theirs.get(f"/w/byran/clients/{records.client.pk}/"))
    assert [heading for heading in client.all("h2") if heading in {"Invoices", "Tasks"}] == ["Tasks"]
    for path in ("", "new/", f"{records.draft.pk}/", f"{records.issued.pk}/"):
        assert theirs.get(f"/w/byran/billing/{path}").status_code == 403
