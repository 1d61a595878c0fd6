"""The consent pages in Swedish: plain forms, no script."""

from html import escape

from fortnox_sim.json_format import Record, Response

STYLE = """
:root{color-scheme:light dark;
--ink:#15291f;--paper:#f3f5f2;--card:#fff;--line:#d5dcd6;--edge:#76857c;--go:#0c6b43;--soft:#5b6b62}
@media(prefers-color-scheme:dark){:root{
--ink:#e8efe9;--paper:#111713;--card:#1a221d;--line:#334039;--edge:#7f9086;--go:#3fbf86;--soft:#a3b3a9}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:30rem;margin:8vh auto;padding:clamp(1rem,6vw,2rem);background:var(--card);border:1px solid var(--line);
border-radius:.75rem}
h1{font-size:1.4rem;margin:0 0 1rem}
h2{font-size:1.1rem}
code{overflow-wrap:anywhere}
p.sim{margin:0 0 1rem;color:var(--soft);font-size:.85rem}
label{display:block;margin:.75rem 0 .25rem;font-weight:600}
input[type=text],input[type=password]{width:100%;padding:.6rem;border:1px solid var(--edge);
border-radius:.4rem;font:inherit;background:transparent;color:inherit}
fieldset{margin:0;padding:0;border:0}
legend{padding:0;font-weight:600}
label.pick{display:flex;gap:.75rem;align-items:start;padding:.75rem;border:1px solid var(--line);
border-radius:.4rem;font-weight:400}
label.pick strong{display:block}
button{margin:1.25rem .5rem 0 0;padding:.65rem 1.1rem;border-radius:.4rem;border:1px solid var(--go);
background:var(--go);color:var(--card);font:inherit;font-weight:600;cursor:pointer}
button.plain{background:transparent;color:var(--ink);border-color:var(--edge);font-weight:400}
button:focus-visible,input:focus-visible{outline:3px solid var(--go);outline-offset:2px}
.error{padding:.6rem .8rem;border-left:4px solid #b3261e;background:#b3261e1a}
ul{padding-left:1.2rem}
dl{display:grid;grid-template-columns:auto minmax(0,1fr);gap:.25rem 1rem;margin:0 0 1rem}
dd{margin:0;overflow-wrap:anywhere}
"""


def render_page(title: str, body: str, status: int = 200, language: str = "sv") -> Response:
    """Wrap a page."""
    html = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)} – Fortnox (simulator)</title><style>{STYLE}</style></head><body><main>"
        f'<p class="sim">Fortnox-simulator</p><h1>{escape(title)}</h1>{body}</main></body></html>'
    )
    headers = {"Content-Type": "text/html; charset=UTF-8", "Cache-Control": "no-store", "Server": "Fortnox"}
    return Response(status, html.encode(), headers)


def build_form(step: str, ticket: str, inner: str) -> str:
    """Build a form that carries the ticket on."""
    return (
        f'<form method="post" action="/oauth-v1/auth/{step}">'
        f'<input type="hidden" name="ticket" value="{escape(ticket)}">{inner}</form>'
    )


def render_failure(text: str, status: int = 400) -> Response:
    """Show a dead end."""
    return render_page("Det gick inte", f'<p class="error" role="alert">{escape(text)}</p>', status)


def render_sign_in(ticket: str, app: str, username: str, *, wrong: bool = False) -> Response:
    """Ask for user name and password."""
    note = '<p class="error" role="alert">Fel användarnamn eller lösenord.</p>' if wrong else ""
    inner = (
        f"<p>Logga in för att koppla <strong>{escape(app)}</strong> till Fortnox.</p>{note}"
        '<label for="username">Användarnamn</label>'
        f'<input type="text" id="username" name="username" value="{escape(username)}" autocomplete="username" required>'
        '<label for="password">Lösenord</label>'
        '<input type="password" id="password" name="password" autocomplete="current-password" required>'
        '<button type="submit">Logga in</button>'
        '<button type="submit" name="via" value="clients" class="plain">Logga in via Digital byrå</button>'
    )
    return render_page("Logga in", build_form("login", ticket, inner))


def render_company_choice(ticket: str, companies: list[Record], *, agency: bool = False) -> Response:
    """Ask which company is meant; in Digital byrå, which client."""
    if not companies:
        return render_failure("Du har inte tillgång till något företag.", 403)
    picks = "".join(
        f'<p><label class="pick"><input type="radio" name="company" value="{company["DatabaseNumber"]}" required>'
        f"<span><strong>{escape(company['Name'])}</strong>{escape(company['OrganizationNumber'])}"
        f" · databas {company['DatabaseNumber']}{' · inaktiv' if company.get('inactive') else ''}</span></label></p>"
        for company in companies
    )
    inner = (
        f"<fieldset><legend>{'Klienter' if agency else 'Företag'}</legend>{picks}</fieldset>"
        '<button type="submit">Fortsätt</button>'
    )
    return render_page("Digital byrå: välj klient" if agency else "Välj företag", build_form("company", ticket, inner))


def render_activation(ticket: str, app: str, company: Record, labels: list[str], *, service: bool) -> Response:
    """Ask for the approval itself."""
    wanted = "".join(f"<li>{escape(label)}</li>" for label in labels)
    account = "<p>Kopplingen görs som servicekonto och är inte knuten till dig.</p>" if service else ""
    inner = (
        f"<p><strong>{escape(app)}</strong> vill få åtkomst till:</p><ul>{wanted}</ul>"
        f"<dl><dt>Företag</dt><dd>{escape(company['Name'])}</dd>"
        f"<dt>Organisationsnummer</dt><dd>{escape(company['OrganizationNumber'])}</dd>"
        f"<dt>Databasnummer</dt><dd>{company['DatabaseNumber']}</dd></dl>{account}"
        '<button type="submit" name="approve" value="1">Godkänn &amp; aktivera</button>'
        '<button type="submit" name="cancel" value="1" class="plain">Avbryt</button>'
    )
    return render_page("Aktivering", build_form("approve", ticket, inner))
