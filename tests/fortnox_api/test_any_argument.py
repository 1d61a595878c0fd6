"""No argument of a public method or class makes anything but a FortnoxError, a ValueError or a TypeError."""

import inspect
import io
import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fortnox_api
from fortnox_api import (
    BLANK,
    Clock,
    CustomerPayload,
    CustomerUpdate,
    Fortnox,
    FortnoxError,
    InvoiceUpdate,
    OAuthApp,
    PaceLimiter,
    RefreshTokenAuth,
    SieFile,
    StaticAuth,
    UnitPayload,
)

SIE = b'#FLAGGA 0\n#VER "A" "1" 20260131 "x" {\n#TRANS 1930 {} 100\n#TRANS 3001 {} -100\n}\n'
ANSWERS = [
    httpx2.Response(204),
    httpx2.Response(200, json={}),
    httpx2.Response(200, content=SIE),
    httpx2.Response(200, content=b"%PDF-1.4"),
    httpx2.Response(200, json={"access_token": "a", "expires_in": 3600, "token_type": "bearer"}),
    httpx2.Response(400, json={"ErrorInformation": {"error": 1, "message": "Nej.", "code": 2000588}}),
]
PLAUSIBLE = st.sampled_from(
    [
        "1", "A", "GET", "orders/7", "556001", "active", "customer_number", "bytes", 1, 2026, date(2026, 1, 31),
        datetime(2026, 1, 31, tzinfo=UTC), b"{}", ["customer"], "http://localhost:8720/", BLANK,
        CustomerPayload(name="Ek AB"), CustomerUpdate(city="Lund"), InvoiceUpdate(),
        UnitPayload(code="h", description="h"),
    ]
)  # fmt: skip
TEXTS = st.text(max_size=5) | st.text(st.characters(categories=["Cs", "Cc", "Nd"]), max_size=3)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**400),
    st.floats(),
    st.decimals(),
    st.just(Decimal("1E+999999")),
    TEXTS,
    st.just("9" * 70_000),
    st.binary(max_size=5),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.just(UTC)),
    st.builds(object),
)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.tuples(inner) | st.dictionaries(TEXTS, inner, max_size=2)
)
ARGUMENT = PLAUSIBLE | ANYTHING


def serve_in_turn():
    answers = itertools.cycle(ANSWERS)

    def serve(_request):
        answer = next(answers)
        return httpx2.Response(answer.status_code, content=answer.content, headers=answer.headers)

    return httpx2.MockTransport(serve)


def make_client():
    clock = Clock(sleep=lambda _: None)
    limiter = PaceLimiter(0, clock)
    return Fortnox(auth=StaticAuth("t"), transport=serve_in_turn(), limiter=limiter, clock=clock)


def make_app():
    return OAuthApp(client_id="a", client_secret="b", redirect_uri="http://localhost/", transport=serve_in_turn())


def methods_of(thing):
    return [name for name in dir(thing) if not name.startswith("_") and inspect.ismethod(getattr(thing, name))]


METHODS = [
    (where, name)
    for where, thing in [("", make_client()), *vars(make_client()).items()]
    if not where.startswith("_")
    for name in methods_of(thing)
    if name != "close"
]


def draw_call(data, method, names=()):
    """Draw arguments for a call: its own names, by place and by name, and at times one it does not have."""
    parameters = inspect.signature(method).parameters.values()
    by_place = [each for each in parameters if each.kind in {each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD}]
    by_name = [each.name for each in parameters if each.kind is each.KEYWORD_ONLY and (each.default is each.empty)]
    optional = [each.name for each in parameters if each.kind is each.KEYWORD_ONLY and each.name not in by_name]
    chosen = data.draw(st.lists(st.sampled_from([*optional, *names, "nosuch"]), max_size=3, unique=True))
    return (
        [data.draw(ARGUMENT) for _ in by_place],
        {name: data.draw(ARGUMENT) for name in [*by_name, *chosen]},
    )


def use(method, arguments, named):
    try:
        found = method(*arguments, **named)
        if isinstance(found, Iterator):
            list(itertools.islice(found, 3))
        if isinstance(found, SieFile):
            with found:
                list(found.vouchers())
    except (FortnoxError, ValueError, TypeError):
        return


@pytest.mark.parametrize(("where", "name"), METHODS, ids=[".".join(filter(None, each)) for each in METHODS])
@settings(max_examples=15)
@given(data=st.data())
def test_no_argument_of_the_client_makes_another_error(where, name, data):
    client = make_client()
    thing = getattr(client, where) if where else client
    names = thing.listing.__annotations__ if name in {"list", "pages", "count"} and hasattr(thing, "listing") else ()
    use(getattr(thing, name), *draw_call(data, getattr(thing, name), names))


@pytest.mark.parametrize("name", [name for name in methods_of(make_app()) if name != "close"])
@given(data=st.data())
def test_no_argument_of_the_app_makes_another_error(name, data):
    method = getattr(make_app(), name)
    use(method, *draw_call(data, method))


MADE = [name for name in fortnox_api.__all__ if name.endswith(("Payload", "Update"))]


@pytest.mark.parametrize("name", MADE)
@given(data=st.data())
def test_no_field_of_a_payload_makes_another_error(name, data):
    model = getattr(fortnox_api, name)
    fields = data.draw(st.dictionaries(st.sampled_from([*model.model_fields, "nosuch"]), ARGUMENT))
    try:
        made = model(**fields)
    except (TypeError, ValueError):
        return
    back = model.model_validate_json(made.model_dump_json())
    assert back == made
    assert isinstance(made.to_dict(), dict)


OTHERS = ["Fortnox", "OAuthApp", "StaticAuth", "ClientCredentialsAuth", "RefreshTokenAuth", "Timeouts", "Retries"]
OTHERS += ["PaceLimiter", "clean_text", "round_amount", "TokenSet"]


@pytest.mark.parametrize("name", OTHERS)
@given(data=st.data())
def test_no_argument_of_another_public_name_makes_another_error(name, data):
    use(getattr(fortnox_api, name), *draw_call(data, getattr(fortnox_api, name)))


@given(data=st.data())
def test_no_token_makes_another_error(data):
    store = fortnox_api.MemoryTokenStore(fortnox_api.TokenSet("a", "b", frozenset(), datetime.now(UTC)))
    auth = RefreshTokenAuth(make_app(), store)
    use(auth.force_refresh, *draw_call(data, auth.force_refresh))
    use(StaticAuth("a").force_refresh, *draw_call(data, auth.force_refresh))


def test_a_file_of_anything_is_no_other_error():
    for content in (5, None, "/nosuch/file", ["x"], io.StringIO("text"), object()):
        with pytest.raises((ValueError, TypeError, OSError)):
            SieFile(content)
