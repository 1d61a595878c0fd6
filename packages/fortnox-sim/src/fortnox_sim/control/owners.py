"""Control of who owns a company and what it has consented to: what happens at *Hantera integrationer*, and sales."""

from fortnox_sim.company import COMPANIES
from fortnox_sim.control.companies import company_of
from fortnox_sim.control.installation import Args, company_facts
from fortnox_sim.installation import USERS, World
from fortnox_sim.json_format import Record
from fortnox_sim.oauth import grants
from fortnox_sim.seeds.seed_file import give_access

Query = dict[str, str]

NEW_OWNER = {"agare@nyagare.example": "admin"}
OWNER_KEYS = frozenset({"Name", "OrganizationNumber", "VATNumber", "DatabaseNumber", "users"})


def change_owner(world: World, args: Args, body: Record, _query: Query) -> Record:
    """Give a company another owner: name, numbers and people change, the books stay.

    `Name` and `OrganizationNumber` are required. `DatabaseNumber` moves the books to another number; without it
    the number stays. `users` (e-mail to role) replace everybody; without them one new administrator does. Whether
    the old owner's consents end is the switch `owner_change_ends_consent`; whether their access tokens die at once
    is `removal_ends_access`.
    """
    unknown = set(body) - OWNER_KEYS
    if unknown:
        raise ValueError(f"unknown keys: {', '.join(sorted(unknown))}")
    company = company_of(world, args)
    organisation = str(body["OrganizationNumber"])
    vat = body.get("VATNumber") or f"SE{organisation.replace('-', '')}01"
    company.change_settings(Name=str(body["Name"]), OrganizationNumber=organisation, VATNumber=vat)
    ended = grants.remove_integration(world, company.number) if world.switches["owner_change_ends_consent"] else 0
    number = str(int(body.get("DatabaseNumber") or company.number))
    if number != company.number:
        _move(world, company.number, number)
    _replace_people(world, company.number, number, body.get("users") or NEW_OWNER)
    return {**company_facts(world.store.table(COMPANIES).rows[number]), "ended": ended}


def _move(world: World, old: str, new: str) -> None:
    """Carry books, consents and tokens to another database number."""
    if world.company(new) is not None:
        raise ValueError(f"there is a company {new} already")
    settings = world.store.table(COMPANIES).rows[old]
    world.store.put(COMPANIES, old, None)
    world.store.put(COMPANIES, new, {**settings, "DatabaseNumber": int(new)})
    for name in world.store.names(f"{old}/"):
        for key, record in list(world.store.table(name).rows.items()):
            world.store.put(name, key, None)
            world.store.put(f"{new}/{name.removeprefix(f'{old}/')}", key, record)
    for name in (grants.GRANTS, grants.ACCESS):
        for key, record in list(world.store.table(name).rows.items()):
            if record["company"] == old:
                world.store.put(name, key, {**record, "company": new})


def _replace_people(world: World, old: str, new: str, wanted: dict[str, str]) -> None:
    """Take the company from everybody, consultants included, and let the named people in."""
    for email, user in list(world.users().items()):
        kept = {name: _without(user.get(name, {}), {old, new}) for name in ("companies", "clients")}
        world.store.put(USERS, email, {**user, **kept})
    give_access(world, new, wanted)


def _without(roles: dict[str, str], gone: set[str]) -> dict[str, str]:
    return {number: role for number, role in roles.items() if number not in gone}


def revoke(world: World, args: Args, body: Record, _query: Query) -> Record:
    """An administrator removes the integration; `client_id` removes one only."""
    client = str(body["client_id"]) if "client_id" in body else None
    return {"ended": grants.remove_integration(world, company_of(world, args).number, client)}


def narrow(world: World, args: Args, body: Record, _query: Query) -> Record:
    """Change the scopes of the company's living grants."""
    return {"changed": grants.change_scopes(world, company_of(world, args).number, list(body["scopes"]))}


def consents(world: World, args: Args, _body: Record, _query: Query) -> list[Record]:
    """List every consent the company ever gave; `alive` says which still count."""
    number = company_of(world, args).number
    found = [grant for grant in world.store.table(grants.GRANTS).values() if grant["company"] == number]
    return [{**grant, "alive": grants.alive(world, grant["id"]) is not None} for grant in found]


ACTIONS = {
    ("POST", "/_sim/companies/{}/owner"): change_owner,
    ("POST", "/_sim/companies/{}/revoke"): revoke,
    ("GET", "/_sim/companies/{}/grants"): consents,
    ("PATCH", "/_sim/companies/{}/grants"): narrow,
}
