"""The page a person sees first: companies, people, and how to point a client here."""

from html import escape

from fortnox_sim.clock import to_stockholm_time
from fortnox_sim.installation import Installation
from fortnox_sim.json_format import Response
from fortnox_sim.oauth.pages import render_page


def render_start_page(installation: Installation, base: str) -> Response:
    """Show the start page."""
    base = base.rstrip("/")
    companies = "".join(
        f"<li><strong>{escape(c.settings['Name'])}</strong>, {escape(c.settings['OrganizationNumber'])}, "
        f"database {c.number}: {len(c.table('customers'))} customers, {len(c.table('articles'))} articles, "
        f"{len(c.table('invoices'))} invoices, {len(c.table('vouchers'))} vouchers</li>"
        for c in installation.companies()
    )
    people = []
    for user in installation.users().values():
        roles = [f"{number} ({role})" for number, role in user["companies"].items()]
        clients = user.get("clients", {})
        roles += [f"{number} ({role}, through Digital byrå)" for number, role in clients.items()]
        account = f"<code>{escape(user['email'])}</code> / <code>{escape(user['password'])}</code>"
        people.append(f"<li>{account}: {escape(', '.join(roles))}</li>")
    apps = "".join(
        f"<li><code>{escape(key)}</code> / <code>{escape(app['client_secret'])}</code></li>"
        for key, app in installation.store.table("apps").rows.items()
    )
    now = to_stockholm_time(installation.clock.now()).isoformat(sep=" ", timespec="seconds")
    body = (
        f"<p>Clock: {now}</p><h2>Companies</h2><ul>{companies}</ul><h2>People</h2><ul>{''.join(people)}</ul>"
        f"<h2>Clients</h2><ul>{apps}</ul><h2>Point a client here</h2><dl>"
        f"<dt>API</dt><dd><code>{base}/3</code></dd><dt>Authorize</dt><dd><code>{base}/oauth-v1/auth</code></dd>"
        f"<dt>Token</dt><dd><code>{base}/oauth-v1/token</code></dd>"
        f'<dt>Control</dt><dd><a href="/_sim/">{base}/_sim/</a></dd></dl>'
    )
    return render_page("A Fortnox on this machine", body, language="en")
