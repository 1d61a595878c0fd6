"""The page a person sees first: companies, people, and how to point a client here."""

from html import escape

from fortnox_sim.clock import stockholm
from fortnox_sim.installation import World
from fortnox_sim.json_format import Answer, Record
from fortnox_sim.oauth.pages import page as shell


def _access(user: Record) -> str:
    """Say where a person may go, and which way."""
    own = [f"{number} ({role})" for number, role in user["companies"].items()]
    clients = [f"{number} ({role}, through Digital byrå)" for number, role in user.get("clients", {}).items()]
    return ", ".join(own + clients)


def page(world: World, base: str) -> Answer:
    """Write the landing page."""
    base = base.rstrip("/")
    companies = "".join(
        f"<li><strong>{escape(c.settings['Name'])}</strong>, {escape(c.settings['OrganizationNumber'])}, "
        f"database {c.number}: {len(c.table('customers'))} customers, {len(c.table('articles'))} articles, "
        f"{len(c.table('invoices'))} invoices, {len(c.table('vouchers'))} vouchers</li>"
        for c in world.companies()
    )
    users = "".join(
        f"<li><code>{escape(u['email'])}</code> / <code>{escape(u['password'])}</code>: {escape(_access(u))}</li>"
        for u in world.users().values()
    )
    apps = "".join(
        f"<li><code>{escape(key)}</code> / <code>{escape(app['client_secret'])}</code></li>"
        for key, app in world.store.table("apps").rows.items()
    )
    now = stockholm(world.clock.now()).isoformat(sep=" ", timespec="seconds")
    body = (
        f"<p>Clock: {now}</p><h2>Companies</h2><ul>{companies}</ul><h2>People</h2><ul>{users}</ul>"
        f"<h2>Clients</h2><ul>{apps}</ul><h2>Point a client here</h2><dl>"
        f"<dt>API</dt><dd><code>{base}/3</code></dd><dt>Authorize</dt><dd><code>{base}/oauth-v1/auth</code></dd>"
        f"<dt>Token</dt><dd><code>{base}/oauth-v1/token</code></dd>"
        f'<dt>Control</dt><dd><a href="/_sim/">{base}/_sim/</a></dd></dl>'
    )
    return shell("A Fortnox on this machine", body, language="en")
