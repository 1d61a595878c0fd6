"""A wrong configuration ends with a sentence, a right one is documented."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import ValidationError

from uku.config import Config, settings_page, unknown_settings

KEY = "c3VpdGUtb25seS1zdWl0ZS1vbmx5LXN1aXRlLW9ubHk="
UNENCRYPTED = (
    "would be reached without encryption. Use https, or set"
    " UKU_ALLOW_LOOPBACK_FORTNOX=1 for the simulator on this machine."
)
SECRET = "a-long-one-for-these-tests-0123456789"
FACTS = {"secret_key": SECRET, "token_keys": KEY}


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch):
    """No setting but those of the test."""
    for name in Config.model_fields:
        for variable in (name.upper(), f"UKU_{name.upper()}"):
            monkeypatch.delenv(variable, raising=False)


def problems(**facts: object) -> list[tuple[tuple[str, ...], str]]:
    with pytest.raises(ValidationError) as found:
        Config(**facts)
    return [(problem["loc"], problem["msg"].removeprefix("Value error, ")) for problem in found.value.errors()]


def test_what_has_no_default_is_asked_for_by_name():
    assert problems() == [(("secret_key",), "Field required"), (("token_keys",), "Field required")]


def test_the_two_keys_are_enough():
    config = Config(**FACTS)
    assert (config.public_url, config.secure, config.host, config.test_clock, config.debug) == (
        "http://localhost:8720",
        False,
        "localhost",
        False,
        False,
    )


def test_settings_come_from_the_environment(monkeypatch):
    given = {
        "UKU_SECRET_KEY": SECRET,
        "UKU_TOKEN_KEYS": f"{KEY}, {Fernet.generate_key().decode()},",
        "UKU_PUBLIC_URL": "https://uku.byran.example/",
        "UKU_TEST_CLOCK": "1",
        "DATABASE_URL": "postgresql:///uku",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    config = Config()
    assert (config.public_url, config.host, config.secure) == ("https://uku.byran.example", "uku.byran.example", True)
    assert (config.test_clock, config.database_url, len(config.token_keys)) == (True, "postgresql:///uku", 2)


def test_a_short_secret_is_refused_and_not_shown():
    assert problems(**{**FACTS, "secret_key": "hemlig"}) == [(("secret_key",), "must have at least 32 characters")]
    with pytest.raises(ValidationError) as found:
        Config(**{**FACTS, "secret_key": "hemlig"})
    assert "hemlig" not in str(found.value)


@pytest.mark.parametrize("keys", ["", ",", "short", f"{KEY},short"])
def test_what_is_no_token_key_is_refused_and_not_shown(keys):
    said = [(("token_keys",), "must be one Fernet key or more, 32 bytes each in url-safe base64")]
    assert problems(**{**FACTS, "token_keys": keys}) == said


def test_no_secret_is_shown_with_the_configuration():
    assert not any(secret in repr(Config(**FACTS)) for secret in (SECRET, KEY))


@pytest.mark.parametrize("name", ["public_url", "fortnox_auth_url", "fortnox_api_url"])
@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("uku.example", "must be an address like https://host"),
        ("ftp://uku.example", "must be an address like https://host"),
        ("https://", "must be an address like https://host"),
        ("https://anna@uku.example", "must be an address like https://host"),
        ("https://:pw@uku.example", "must be an address like https://host"),
        ("https://uku.example:many", "must be an address like https://host"),
        ("https://uku.example/path", "must have no path, query or fragment"),
        ("https://uku.example?query=1", "must have no path, query or fragment"),
        ("https://uku.example#part", "must have no path, query or fragment"),
    ],
)
def test_an_address_is_a_host_and_nothing_more(name, address, sentence):
    assert problems(**FACTS, **{name: address}) == [((name,), sentence)]


@pytest.mark.parametrize("name", ["fortnox_auth_url", "fortnox_api_url"])
@pytest.mark.parametrize(
    ("address", "switch"),
    [
        ("http://127.0.0.1:8721", False),
        ("http://localhost:8721", False),
        ("http://fortnox.example", True),
        ("http://127.0.0.1.example", True),
        ("http://10.0.0.1", True),
    ],
)
def test_fortnox_without_encryption_is_refused(name, address, switch):
    assert problems(**FACTS, **{name: address, "allow_loopback_fortnox": switch}) == [
        ((), f"Fortnox at {address} {UNENCRYPTED}")
    ]


@pytest.mark.parametrize("address", ["http://127.0.0.1:8721", "http://localhost:8721", "http://[::1]:8721"])
def test_the_simulator_on_this_machine_is_accepted_by_its_switch(address):
    assert Config(**FACTS, fortnox_api_url=address, allow_loopback_fortnox=True).fortnox_api_url == address


INTERNAL = (
    "is an internal address. Use Fortnox's public address, or set UKU_ALLOW_LOOPBACK_FORTNOX=1 for the simulator on"
)


@pytest.mark.parametrize("name", ["fortnox_auth_url", "fortnox_api_url"])
@pytest.mark.parametrize(
    ("address", "switch"),
    [
        ("https://10.0.0.1", False),
        ("https://169.254.169.254", True),
        ("https://[fd00::1]", True),
        ("https://localhost", False),
        ("https://fortnox", True),
        ("https://fortnox.internal", True),
        ("https://printer.local", False),
    ],
)
def test_fortnox_at_an_internal_address_is_refused(name, address, switch):
    """B54: encryption does not make an inside address Fortnox; the switch is for this machine only."""
    given = {**FACTS, name: address, "allow_loopback_fortnox": switch}
    assert problems(**given) == [((), f"Fortnox at {address} {INTERNAL} this machine.")]


@pytest.mark.parametrize(
    "secret", ["s" * 40, "abcabc" * 8, "django-insecure-4f9x8q2m7v1k3z6p0w5t", "change-me-0123456789-0123456789-0123"]
)
def test_a_placeholder_is_no_secret(secret):
    """B53: a default that everybody knows signs sessions for everybody."""
    said = "is a placeholder; make one of your own, as docs/settings.md says at its end"
    assert problems(**{**FACTS, "secret_key": secret}) == [(("secret_key",), said)]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"secret_key": KEY}, "UKU_SECRET_KEY and UKU_TOKEN_KEYS"),
        ({"fortnox_client_secret": SECRET}, "UKU_SECRET_KEY and UKU_FORTNOX_CLIENT_SECRET"),
        ({"fortnox_client_secret": KEY}, "UKU_TOKEN_KEYS and UKU_FORTNOX_CLIENT_SECRET"),
    ],
)
def test_one_secret_serves_one_purpose(given, names):
    """B53"""
    said = f"{names} hold the same value. Make a secret of its own for each."
    assert problems(**{**FACTS, **given}) == [((), said)]


def test_debugging_is_refused_in_service():
    """B55: an https address is service."""
    [(place, said)] = problems(**FACTS, debug=True, public_url="https://uku.byran.example")
    assert (place, said[:20]) == ((), "UKU_DEBUG shows trac")
    assert Config(**FACTS, debug=True, public_url="http://localhost:8720").debug


def test_proxies_are_networks():
    """B23"""
    assert Config(**FACTS, trusted_proxies="10.0.0.0/24, 192.0.2.7").trusted_proxies == ("10.0.0.0/24", "192.0.2.7/32")
    said = "must be networks like 10.0.0.0/24 or addresses, comma separated"
    assert problems(**FACTS, trusted_proxies="nginx") == [(("trusted_proxies",), said)]


@pytest.mark.parametrize("name", ["session_idle_hours", "session_hours", "fresh_minutes"])
def test_a_limit_of_nothing_is_refused(name):
    """S17, S18: zero would sign everybody out at once, or never ask again."""
    assert [place for place, _said in problems(**FACTS, **{name: 0})] == [(name,)]


def test_names_that_are_no_setting_are_named():
    given = dict.fromkeys(
        ("UKU_SECRETKEY", "UKU_DATABASE_URL", "UKU_LOG_LEVEL", "DATABASE_URL", "PATH", "UKU_TEST_HOME"), "1"
    )
    assert unknown_settings(given) == ["UKU_DATABASE_URL", "UKU_SECRETKEY"]


def test_every_setting_is_in_the_documentation():
    page = (Path(__file__).parents[2] / "docs/settings.md").read_text(encoding="utf-8")
    assert page == settings_page()


def test_every_setting_says_what_it_is():
    assert [name for name, field in Config.model_fields.items() if not field.description] == []
