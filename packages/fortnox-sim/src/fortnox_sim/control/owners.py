"""Control of who owns a company and what it has consented to: what happens at *Hantera integrationer*, and sales."""

from fortnox_sim.company import COMPANIES
from fortnox_sim.control.companies import require_company
from fortnox_sim.control.simulator import describe_company
from fortnox_sim.installation import USERS, Installation
from fortnox_sim.json_format import Record
from fortnox_sim.oauth import grants
from fortnox_sim.router import ControlRequest
from fortnox_sim.seeds.seed_file import give_access

NEW_OWNER = {"agare@nyagare.example": "admin"}
OWNER_KEYS = frozenset({"Name", "OrganizationNumber", "VATNumber", "DatabaseNumber", "users"})


def change_owner(request: ControlRequest) -> Record:
    """Give a company another owner: name, numbers and people change, the books stay.

    `Name` and `OrganizationNumber` are required. `DatabaseNumber` moves the books to another number; without it
    the number stays. `users` (e-mail to role) replace everybody; without them one new administrator does. Whether
    the old owner's consents end is the switch `owner_change_ends_consent`; whether their access tokens die at once
    is `removal_ends_access`.
    """
    installation, body = request.installation, request.body
    unknown = set(body) - OWNER_KEYS
    if unknown:
        raise ValueError(f"unknown keys: {', '.join(sorted(unknown))}")
    company = require_company(request)
    organisation = str(body["OrganizationNumber"])
    vat = body.get("VATNumber") or f"SE{organisation.replace('-', '')}01"
    company.change_settings(Name=str(body["Name"]), OrganizationNumber=organisation, VATNumber=vat)
    ended = 0
    if installation.switches["owner_change_ends_consent"]:
        ended = grants.remove_integration(installation, company.number)
    old, new = company.number, str(int(body.get("DatabaseNumber") or company.number))
    if new != old:
        _move_books(installation, old, new)
    for email, user in list(installation.users().items()):  # nobody keeps access, consultants included
        kept = {}
        for name in ("companies", "clients"):
            kept[name] = {number: role for number, role in user.get(name, {}).items() if number not in {old, new}}
        installation.store.put(USERS, email, {**user, **kept})
    give_access(installation, new, body.get("users") or NEW_OWNER)
    return {**describe_company(installation.company(new) or company), "ended": ended}


def _move_books(installation: Installation, old: str, new: str) -> None:
    """Carry books, consents and tokens to another database number."""
    store = installation.store
    if installation.company(new) is not None:
        raise ValueError(f"there is a company {new} already")
    settings = store.table(COMPANIES).rows[old]
    store.put(COMPANIES, old, None)
    store.put(COMPANIES, new, {**settings, "DatabaseNumber": int(new)})
    for name in store.list_tables(f"{old}/"):
        for key, record in list(store.table(name).rows.items()):
            store.put(name, key, None)
            store.put(f"{new}/{name.removeprefix(f'{old}/')}", key, record)
    for name in (grants.GRANTS, grants.ACCESS):
        for key, record in list(store.table(name).rows.items()):
            if record["company"] == old:
                store.put(name, key, {**record, "company": new})


def revoke_consents(request: ControlRequest) -> Record:
    """Remove the integration as an administrator would; `client_id` removes one only."""
    client = str(request.body["client_id"]) if "client_id" in request.body else None
    return {"ended": grants.remove_integration(request.installation, require_company(request).number, client)}


def change_scopes(request: ControlRequest) -> Record:
    """Change the scopes of the company's living grants."""
    number = require_company(request).number
    return {"changed": grants.change_scopes(request.installation, number, list(request.body["scopes"]))}


def list_consents(request: ControlRequest) -> list[Record]:
    """List every consent the company ever gave; `alive` says which still count."""
    number = require_company(request).number
    found = [grant for grant in request.installation.store.table(grants.GRANTS).values() if grant["company"] == number]
    return [
        {**grant, "alive": grants.find_living_grant(request.installation, grant["id"]) is not None} for grant in found
    ]


ACTIONS = {
    ("POST", "/_sim/companies/{}/owner"): change_owner,
    ("POST", "/_sim/companies/{}/revoke"): revoke_consents,
    ("GET", "/_sim/companies/{}/grants"): list_consents,
    ("PATCH", "/_sim/companies/{}/grants"): change_scopes,
}
