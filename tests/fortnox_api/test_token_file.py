"""Tokens in a file: whole, locked, and nobody else's to read."""

import sqlite3
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest

from fortnox_api import (
    ClientCredentialsAuth,
    FileTokenStore,
    GrantRevoked,
    Outcome,
    RefreshTokenAuth,
    StoredTokens,
    TokenSet,
    Unavailable,
)

NOW = datetime(2026, 1, 31, 11, 0, tzinfo=UTC)
OLD = TokenSet("old-access", "old-refresh", frozenset({"invoice", "customer"}), NOW)
NEW = TokenSet("new-access", None, frozenset(), NOW + timedelta(hours=1))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tokens.db"


@pytest.fixture
def store(path):
    made = FileTokenStore(path)
    made.replace(OLD)
    return made


def test_what_is_stored_is_there_for_the_next_process(path, store):
    assert store.load() == FileTokenStore(str(path)).load() == StoredTokens(OLD, generation=1)
    assert repr(store) == f"<FileTokenStore {path}>"


def test_its_owner_alone_can_read_it(path, store):
    path.chmod(0o644)
    FileTokenStore(path)
    assert {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()} == {
        "tokens.db": 0o600,
        "tokens.db.lock": 0o600,
    }


def test_an_empty_file_says_that_nobody_has_authorized(path):
    with pytest.raises(GrantRevoked) as caught:
        FileTokenStore(path).load()
    assert "python -m fortnox_api authorize" in caught.value.reason
    assert caught.value.outcome is Outcome.NOT_APPLIED


def test_what_is_no_file_of_tokens_is_refused_and_stays(path):
    path.write_text("dear diary, " * 100)
    with pytest.raises(ValueError, match=r"tokens\.db is no file of tokens"):
        FileTokenStore(path)
    assert path.read_text() == "dear diary, " * 100


def test_a_save_counts_and_clears_the_marker(store):
    store.mark(generation=1)
    assert store.load() == StoredTokens(OLD, generation=1, refresh_started=True)
    assert store.save(NEW, generation=1) is True
    assert store.load() == StoredTokens(NEW, generation=2)


def test_a_loser_saves_and_marks_nothing(store):
    store.save(NEW, generation=1)
    assert store.save(OLD, generation=1) is False
    store.mark(generation=1)
    assert store.load() == StoredTokens(NEW, generation=2)


def test_a_new_consent_replaces_whatever_was_there(store):
    store.mark(generation=1)
    store.replace(NEW)
    assert store.load() == StoredTokens(NEW, generation=2)
    assert store.save(OLD, generation=1) is False


def test_one_refreshes_at_a_time_and_the_others_do_not_wait_for_ever(path, store):
    other = FileTokenStore(path, patience=0.01)
    with store.lock():
        with pytest.raises(Unavailable) as caught, other.lock():
            pass
        assert store.save(NEW, generation=1) is True  # the holder may write
        assert other.load().tokens == NEW  # and all may read
    with other.lock():
        assert caught.value.transient is True


def test_the_lock_ends_with_its_process(path, store):
    holding = "import sys, fortnox_api as f; h = f.FileTokenStore(sys.argv[1]).lock(); h.__enter__(); print(); input()"
    command = [sys.executable, "-u", "-c", holding, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        with pytest.raises(Unavailable), FileTokenStore(path, patience=0.01).lock():
            pass
        process.kill()
        process.wait()
    with FileTokenStore(path, patience=0.01).lock():
        assert store.load().generation == 1


def test_an_error_inside_the_lock_comes_through(store):
    with pytest.raises(sqlite3.OperationalError, match="mine"), store.lock():
        raise sqlite3.OperationalError("mine")


def test_eight_threads_refresh_once(town, path):
    FileTokenStore(path).replace(town.tokens())
    spent = FileTokenStore(path).load().tokens.access_token
    answers = []

    def refresh():
        answers.append(RefreshTokenAuth(town.app, FileTokenStore(path)).force_refresh(spent))

    threads = [threading.Thread(target=refresh) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(answers), len(set(answers)), FileTokenStore(path).load().generation) == (8, 1, 2)


def test_client_credentials_keep_what_they_mint_and_the_refresh_token(town, path):
    store = FileTokenStore(path)
    tokens = town.tokens()
    store.replace(tokens)
    auth = ClientCredentialsAuth(town.app, int(tokens.tenant_id), store)
    minted = auth.force_refresh(tokens.access_token)
    assert (store.load().tokens.access_token, store.load().tokens.refresh_token) == (minted, tokens.refresh_token)
    with town.open(auth) as fortnox:
        assert fortnox.customers.count() == 1
