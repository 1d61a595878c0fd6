"""Control of the simulator itself: clock, switches, faults, journal, registered apps and people."""

from typing import Any

from fortnox_sim.api.currencies import list_codes
from fortnox_sim.clock import Clock, to_stockholm_time
from fortnox_sim.company import Company
from fortnox_sim.installation import USERS
from fortnox_sim.json_format import Record
from fortnox_sim.router import ControlRequest
from fortnox_sim.seeds.seed_file import add_app, build_user


def show_overview(request: ControlRequest) -> Record:
    """Show everything at a glance."""
    installation = request.installation
    return {
        "clock": describe_clock(installation.clock),
        "companies": [describe_company(company) for company in installation.companies()],
        "users": [dict(user) for user in installation.users().values()],
        "apps": {key: {**app} for key, app in installation.store.table("apps").rows.items()},
        "switches": installation.switches.to_json(),
        "faults": installation.faults.to_json(),
        "journal": {"next": installation.journal.list_since(0)["next"]},
    }


def describe_company(company: Company) -> Record:
    return {"id": company.number, **company.settings, "currencies": list_codes(company)}


def describe_clock(clock: Clock) -> Record:
    now = clock.now()
    return {"utc": now.isoformat(), "local": to_stockholm_time(now).isoformat(), "today": clock.today().isoformat()}


def set_clock(request: ControlRequest) -> Record:
    clock = request.installation.clock
    if "set" in request.body:
        clock.set(str(request.body["set"]))
    if "advance" in request.body:
        clock.advance(float(request.body["advance"]))
    request.installation.save_clock()
    return describe_clock(clock)


def list_journal(request: ControlRequest) -> Record:
    since = int(request.query.get("since") or 0)
    return request.installation.journal.list_since(since, request.query.get("company"))


def list_switches(request: ControlRequest) -> Record:
    return request.installation.switches.to_json()


def set_switches(request: ControlRequest) -> Record:
    """Set switches by name; `{"profile": "pessimistic"}` sets them all."""
    switches = request.installation.switches
    for name, value in request.body.items():
        if name == "profile":
            switches.apply_profile(value)
        else:
            switches.set(name, value)
    return {name: row["value"] for name, row in switches.to_json().items()}


def list_faults(request: ControlRequest) -> list[Record]:
    return request.installation.faults.to_json()


def add_fault(request: ControlRequest) -> Record:
    return request.installation.faults.add(request.body).to_json()


def release_fault(request: ControlRequest) -> Record:
    if not request.installation.faults.release(request.args[0]):
        raise KeyError(request.args[0])
    return {"released": request.args[0]}


def clear_faults(request: ControlRequest) -> Record:
    request.installation.faults.clear()
    return {"cleared": True}


def register_app(request: ControlRequest) -> Record:
    """Register an OAuth client, or change one."""
    client_id = str(request.body["client_id"])
    known: dict[str, Any] = request.installation.find_app(client_id) or {}
    changes = {key: value for key, value in request.body.items() if key != "client_id"}
    return {"client_id": client_id, **add_app(request.installation, client_id, {**known, **changes})}


def change_user(request: ControlRequest) -> Record:
    """Create or change a person: name, password, `companies` and (Digital byrå) `clients`, with role admin or user."""
    email = request.args[0].lower()
    user = request.installation.users().get(email) or build_user(email)
    record = {**user, **request.body, "email": email}
    request.installation.store.put(USERS, email, record)
    return record


ACTIONS = {
    ("GET", "/_sim"): show_overview,
    ("GET", "/_sim/journal"): list_journal,
    ("POST", "/_sim/clock"): set_clock,
    ("GET", "/_sim/switches"): list_switches,
    ("POST", "/_sim/switches"): set_switches,
    ("GET", "/_sim/faults"): list_faults,
    ("POST", "/_sim/faults"): add_fault,
    ("POST", "/_sim/faults/{}/release"): release_fault,
    ("DELETE", "/_sim/faults"): clear_faults,
    ("POST", "/_sim/apps"): register_app,
    ("PATCH", "/_sim/users/{}"): change_user,
}
