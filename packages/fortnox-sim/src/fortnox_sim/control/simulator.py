"""Control of clock, switches, faults, journal, registered apps and people."""

from typing import Any

from fortnox_sim.clock import stockholm
from fortnox_sim.installation import USERS, World
from fortnox_sim.json_format import Record
from fortnox_sim.seeds import add_app

Args = tuple[str, ...]


def overview(world: World, _args: Args, _body: Record, _query: dict[str, str]) -> Record:
    """Show the whole world at a glance."""
    return {
        "clock": clock(world),
        "companies": [company_facts(company.settings) for company in world.companies()],
        "users": [dict(user) for user in world.users().values()],
        "apps": {key: {**app} for key, app in world.store.table("apps").rows.items()},
        "switches": world.switches.listing(),
        "faults": world.faults.listing(),
        "journal": {"next": world.journal.since(0)["next"]},
    }


def company_facts(settings: Record) -> Record:
    return {"id": str(settings["DatabaseNumber"]), **settings}


def clock(world: World) -> Record:
    now = world.clock.now()
    return {
        "utc": now.isoformat(),
        "local": stockholm(now).isoformat(),
        "today": world.clock.today().isoformat(),
    }


def set_clock(world: World, _args: Args, body: Record, _query: dict[str, str]) -> Record:
    if "set" in body:
        world.clock.set(str(body["set"]))
    if "advance" in body:
        world.clock.advance(float(body["advance"]))
    world.save_clock()
    return clock(world)


def journal(world: World, _args: Args, _body: Record, query: dict[str, str]) -> Record:
    return world.journal.since(int(query.get("since") or 0), query.get("company"))


def switches(world: World, _args: Args, _body: Record, _query: dict[str, str]) -> Record:
    return world.switches.listing()


def set_switches(world: World, _args: Args, body: Record, _query: dict[str, str]) -> Record:
    """Set switches by name; `{"profile": "pessimistic"}` sets them all."""
    for name, value in body.items():
        if name == "profile":
            world.switches.profile(value)
        else:
            world.switches.set(name, value)
    return {name: row["value"] for name, row in world.switches.listing().items()}


def faults(world: World, _args: Args, _body: Record, _query: dict[str, str]) -> list[Record]:
    return world.faults.listing()


def add_fault(world: World, _args: Args, body: Record, _query: dict[str, str]) -> Record:
    return world.faults.add(body).show()


def release(world: World, args: Args, _body: Record, _query: dict[str, str]) -> Record:
    if not world.faults.release(args[0]):
        raise KeyError(args[0])
    return {"released": args[0]}


def clear_faults(world: World, _args: Args, _body: Record, _query: dict[str, str]) -> Record:
    world.faults.clear()
    return {"cleared": True}


def register_app(world: World, _args: Args, body: Record, _query: dict[str, str]) -> Record:
    """Register an OAuth client, or change one."""
    client_id = str(body["client_id"])
    known: dict[str, Any] = world.app(client_id) or {}
    changes = {key: value for key, value in body.items() if key != "client_id"}
    return {"client_id": client_id, **add_app(world, client_id, {**known, **changes})}


def change_user(world: World, args: Args, body: Record, _query: dict[str, str]) -> Record:
    """Create or change a person: name, password, `companies` and (Digital byrå) `clients`, with role admin or user."""
    email = args[0].lower()
    known = world.users().get(email) or {
        "email": email,
        "name": email,
        "password": "fortnox",
        "companies": {},
    }
    record = {**known, **body, "email": email}
    world.store.put(USERS, email, record)
    return record


ACTIONS = {
    ("GET", "/_sim"): overview,
    ("GET", "/_sim/journal"): journal,
    ("POST", "/_sim/clock"): set_clock,
    ("GET", "/_sim/switches"): switches,
    ("POST", "/_sim/switches"): set_switches,
    ("GET", "/_sim/faults"): faults,
    ("POST", "/_sim/faults"): add_fault,
    ("POST", "/_sim/faults/{}/release"): release,
    ("DELETE", "/_sim/faults"): clear_faults,
    ("POST", "/_sim/apps"): register_app,
    ("PATCH", "/_sim/users/{}"): change_user,
}
