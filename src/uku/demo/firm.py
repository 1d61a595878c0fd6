"""The believable firm's people and workspaces; its customers and articles come from the simulated Fortnox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from uku.clients.operations import create_client
from uku.kit.scoping import workspace_in_force
from uku.workspaces.models import Role, User, Workspace
from uku.workspaces.operations import add_member, create_workspace

PASSWORD = "demo demo demo"  # noqa: S105  # printed for everybody who starts the demo
SLUG, OTHER_SLUG = "exempelbyran", "annan-byra"
COMPANY, FORTNOX_USER, FORTNOX_PASSWORD = "556001", "anna@exempelbyran.example", "fortnox"


@dataclass(frozen=True, slots=True)
class Person:
    email: str
    name: str
    role: Role


OWNER = Person("anna@exempelbyran.example", "Anna Ek", Role.OWNER)
PEOPLE = (
    OWNER,
    Person("bo@exempelbyran.example", "Bo Berg", Role.ADMIN),
    Person("cia@exempelbyran.example", "Cia Dahl", Role.MEMBER),
)
STRANGER = Person("david@annanbyra.example", "David Gran", Role.OWNER)


def ensure_firm(company: dict[str, Any], *, at: datetime) -> Workspace:
    """Return the firm's workspace, made with all its people when it is missing."""
    known = Workspace.objects.filter(slug=SLUG).first()
    if known is not None:
        return known
    workspace = _create_firm(SLUG, "Exempelbyrån", OWNER, company, at)
    for person in PEOPLE[1:]:
        add_member(workspace=workspace, user=_user(person), role=person.role)
    return workspace


def ensure_other_firm(company: dict[str, Any], *, at: datetime) -> Workspace:
    """Return the second workspace, with a client of its own, that must never see the first."""
    known = Workspace.objects.filter(slug=OTHER_SLUG).first()
    if known is not None:
        return known
    workspace = _create_firm(OTHER_SLUG, "Annan Byrå", STRANGER, company, at)
    with workspace_in_force(workspace.pk):
        create_client(actor=None, at=at, name="Hemlig Kund AB", email="info@hemlig-kund.example")
    return workspace


def _create_firm(slug: str, name: str, owner: Person, company: dict[str, Any], at: datetime) -> Workspace:
    """The seller's card is the Fortnox company's own."""
    return create_workspace(
        name=name,
        slug=slug,
        owner=_user(owner),
        at=at,
        organisation_number=company["OrganizationNumber"].replace("-", ""),
        vat_number=company["VATNumber"],
        f_tax=company["TaxEnabled"],
        registered_office=company["Domicile"],
        address=company["Address"],
        postcode=company["ZipCode"],
        city=company["City"],
        bankgiro=company["BG"],
        payment_days=30,
    )


def _user(person: Person) -> User:
    known = User.objects.filter(email=person.email).first()
    return known or User.objects.create_user(email=person.email, password=PASSWORD, name=person.name)
