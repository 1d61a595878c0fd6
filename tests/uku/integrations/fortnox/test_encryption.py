"""Keys of stored tokens: every value opens before, during and after a rotation, and a missing key loses nothing."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from tests.environment import SUITE_KEYS
from tests.uku.integrations.fortnox.grants import Thread, age, ask, row, stored
from tests.uku.integrations.fortnox.simulated import SECOND, until

from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.client.open import renew_tokens
from uku.integrations.fortnox.models import Connection
from uku.integrations.fortnox.tokens import encryption
from uku.integrations.fortnox.tokens.encryption import open_tokens
from uku.kit import rotation
from uku.kit.alarms import Alarm, is_open
from uku.kit.rotation import key_ring
from uku.kit.secrets import KeyRing
from uku.workspaces.models import AuditEntry

OLD = SUITE_KEYS["UKU_TOKEN_KEYS"]


@pytest.fixture
def ring(settings):
    """Let the installation have these keys, the first one sealing."""

    def use(*wanted: str) -> None:
        settings.UKU = settings.UKU.model_copy(update={"token_keys": tuple(SecretStr(key) for key in wanted)})

    return use


@pytest.fixture
def new_key() -> str:
    return Fernet.generate_key().decode()


@pytest.fixture
def other(connection, stranger, other_workspace, authorize):
    """A second workspace, connected to another company."""
    return authorize(other_workspace, stranger, company=SECOND, person="anna@exempelbyran.example")


def name(key: str) -> str:
    return KeyRing([key]).names[0]


def test_each_value_names_its_key_and_moves_to_the_first_one(connection, ring, new_key):
    """S38, F85, B60"""
    before = stored()
    ring(new_key, OLD)
    assert (rotation.sealed_under(), rotation.describe_keys()[0]) == ({name(OLD): 1}, [])
    assert [(step.looked_at, step.resealed, step.total) for step in rotation.rotate()] == [(1, 1, 1)]
    assert (rotation.sealed_under(), stored()) == ({name(new_key): 1}, before)
    assert rotation.describe_keys() == ([f"Key {name(OLD)} encrypts nothing and can be removed."], [])
    assert [step.resealed for step in rotation.rotate()] == [0]  # again, nothing is left to do
    ring(new_key)
    assert stored() == before
    entries = AuditEntry.everywhere.filter(action="fortnox.rotate_keys")
    assert [entry.summary for entry in entries] == [f"Stored Fortnox tokens were encrypted with key {name(new_key)}"]


def test_a_rotation_that_was_stopped_goes_on_where_it_was(connection, other, ring, new_key, monkeypatch):
    """F85, B60: resumable, and no row is ever unreadable"""
    monkeypatch.setattr(rotation, "BATCH", 1)
    ring(new_key, OLD)
    next(rotation.rotate())  # and no further
    assert rotation.sealed_under() == {name(OLD): 1, name(new_key): 1}
    assert rotation.describe_keys()[1] == [
        f"1 stored values are still encrypted with key {name(OLD)}: run `uku rotate-keys`."
    ]
    assert [open_tokens(each).refresh_token is not None for each in Connection.everywhere.all()] == [True, True]
    assert sum(step.resealed for step in rotation.rotate()) <= 2
    assert rotation.sealed_under() == {name(new_key): 2}


def test_a_refresh_during_a_rotation_wins_and_nothing_is_lost(fortnox, connection, ring, new_key, monkeypatch):
    """F85: a row changes only if it still holds what was read"""
    ring(new_key, OLD)
    read = rotation._reseal

    def overtaken(*facts):
        renew_tokens(row())
        return read(*facts)

    monkeypatch.setattr(rotation, "_reseal", overtaken)
    generation = row().generation
    assert [step.resealed for step in rotation.rotate()] == [0]
    assert (row().generation, rotation.sealed_under()) == (generation + 1, {name(new_key): 1})
    ask(row())


def test_rotations_and_refreshes_at_the_same_time_leave_one_living_grant(fortnox, connection, ring, new_key):
    """F85"""
    ring(new_key, OLD)
    age(connection, minutes=-1)
    threads = [
        Thread(lambda: ask(connection)),
        Thread(lambda: list(rotation.rotate())),
        Thread(lambda: ask(connection)),
    ]
    for thread in threads:
        thread.join()
    assert [thread.error for thread in threads] == [None, None, None]
    assert rotation.sealed_under() == {name(new_key): 1}
    assert len(fortnox.commits("token.credentials")) == 1


def test_a_missing_key_stops_a_rotation_before_anything_is_changed(connection, other, ring, new_key):
    """F85: refused, not half done"""
    before = dict(Connection.everywhere.values_list("pk", "sealed_tokens"))
    ring(new_key)
    with pytest.raises(rotation.KeyMissing):
        list(rotation.rotate())
    assert dict(Connection.everywhere.values_list("pk", "sealed_tokens")) == before
    assert rotation.describe_keys()[1] == ["2 stored values cannot be decrypted with any key in UKU_TOKEN_KEYS."]


def test_without_its_key_a_connection_rests_and_comes_back_with_it(fortnox, connection, ring, new_key, run_jobs):
    """F43, S39: no garbage is sent, no ciphertext deleted, the operator is told, the key's return is the cure"""
    sealed, before = row().sealed_tokens, fortnox.mark()
    ring(new_key)
    for _ in range(3):
        jobs.sync.func(connection.pk, "customers")
        jobs.sweep.func(timestamp=0)
        run_jobs()
    assert (row().block_reason, row().sealed_tokens, fortnox.requests(before, prefix="/")) == ("unreadable", sealed, [])
    assert Alarm.objects.filter(key=encryption.ALARM).count() == 1
    ring(new_key, OLD)
    jobs.check_all.func(timestamp=0)  # a worker that starts asks for it
    assert (row().block_reason, is_open(encryption.ALARM)) == ("", False)
    run_jobs()
    assert fortnox.requests(before).count("GET customers") >= 1


def test_the_secrets_of_second_factors_move_along(owner, db, ring, new_key):
    """S38, F85: the ring seals them too, so no key may be removed before they are moved"""
    from allauth.mfa.models import Authenticator

    from uku.workspaces.factors import open_secret, seal_secret

    for kind, field, text in (("totp", "secret", "JBSWY3DP"), ("recovery_codes", "seed", "abc")):
        Authenticator.objects.create(user=owner, type=kind, data={field: seal_secret(text), "used_mask": 4})
    Authenticator.objects.create(user=owner, type="webauthn", data={"name": "Laptop"})
    ring(new_key)
    with pytest.raises(rotation.KeyMissing):
        list(rotation.rotate())
    ring(new_key, OLD)
    assert [step.resealed for step in rotation.rotate()] == [2]
    ring(new_key)
    totp, codes, passkey = Authenticator.objects.order_by("pk")
    assert (open_secret(totp.data["secret"]), open_secret(codes.data["seed"])) == ("JBSWY3DP", "abc")
    assert (codes.data["used_mask"], passkey.data) == (4, {"name": "Laptop"})


def test_a_value_under_an_old_key_opens_while_that_key_is_behind(connection, ring, new_key):
    before = stored()
    ring(new_key, OLD)
    assert stored() == before
    assert key_ring().names == [name(new_key), name(OLD)]


@pytest.mark.process
def test_the_command_rotates_and_says_what_may_be_removed(connection, environment, new_key):
    """S38"""

    def uku(*arguments: str, ring: str):
        found = {**os.environ, **environment, "UKU_TOKEN_KEYS": ring, "COLUMNS": "200"}
        command = [sys.executable, "-m", "uku", *arguments]
        return subprocess.run(command, env=found, capture_output=True, text=True, check=False)

    refused = uku("rotate-keys", ring=new_key)
    assert refused.returncode == 2
    assert "1 stored values open under none of UKU_TOKEN_KEYS, so nothing was changed." in refused.stdout
    assert (
        f"BAD 1 stored values are still encrypted with key {name(OLD)}" in uku("doctor", ring=f"{new_key},{OLD}").stdout
    )
    done = uku("rotate-keys", ring=f"{new_key},{OLD}")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (
        0,
        f"Key {name(OLD)} encrypts nothing and can be removed.",
    )
    until(lambda: key_ring().name_for(row().sealed_tokens) is None)  # this process has the old key only
    assert "ok  all that is sealed is under the first key" in uku("doctor", ring=new_key).stdout
