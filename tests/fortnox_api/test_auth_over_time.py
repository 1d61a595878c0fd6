"""Two processes that share a store, over days, while Fortnox misbehaves: no refresh token is ever spent twice."""

import itertools
from datetime import timedelta

import httpx2
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.fortnox_api.conftest import Time

from fortnox_api import FortnoxError, GrantRevoked, MemoryTokenStore, OAuthApp, RefreshTokenAuth, TokenSet

FAULTS = ["none", "none", "none", "down", "unreachable", "answer lost", "no refresh token"]


class Grant:
    """The token endpoint of a Fortnox whose refresh tokens work once."""

    def __init__(self):
        self.counter = itertools.count(1)
        self.valid = set()
        self.access = {}
        self.fault = "none"
        self.refused = 0
        self.lost = False

    def issue(self, *, rotate=True, old=None):
        number = next(self.counter)
        refresh = f"refresh-token-{number}" if rotate else old
        self.valid = {refresh}
        body = {"access_token": f"access-token-{number}", "expires_in": 3600, "scope": "invoice"}
        return body | ({"refresh_token": refresh} if rotate else {})

    def __call__(self, request):
        fault, self.fault = self.fault, "none"
        if fault == "down":
            return httpx2.Response(503)
        if fault == "unreachable":
            raise httpx2.ConnectError("refused")
        if request.url.path.endswith("revoke"):
            return httpx2.Response(200, json={"revoked": True})
        sent = httpx2.QueryParams(request.content.decode())["refresh_token"]
        if sent not in self.valid:
            self.refused += 1
            return httpx2.Response(400, json={"error": "invalid_grant"})
        body = self.issue(rotate=fault != "no refresh token", old=sent)
        if fault == "answer lost":
            self.lost = True
            raise httpx2.ReadError("reset")
        return httpx2.Response(200, json=body)


class TwoProcesses(RuleBasedStateMachine):
    @initialize()
    def connect(self):
        self.time = Time()
        self.fortnox = Grant()
        first = self.fortnox.issue()
        self.store = MemoryTokenStore(self.tokens(first))
        self.processes = [self.process(), self.process()]
        self.dead = False

    def tokens(self, body):
        ends = self.time.moment + timedelta(hours=1)
        return TokenSet(body["access_token"], body["refresh_token"], frozenset({"invoice"}), ends)

    def process(self):
        app = OAuthApp(
            client_id="id",
            client_secret="client-secret",
            redirect_uri="https://uku.example",
            transport=httpx2.MockTransport(self.fortnox),
            clock=self.time.clock,
        )
        return RefreshTokenAuth(app, self.store, clock=self.time.clock)

    @rule(which=st.sampled_from([0, 1]), fault=st.sampled_from(FAULTS), act=st.sampled_from(["token", "force", "keep"]))
    def ask(self, which, fault, act):
        self.fortnox.fault = fault
        auth, before = self.processes[which], self.store.load()
        acts = {
            "token": auth.token,
            "force": lambda: auth.force_refresh(before.tokens.access_token),
            "keep": auth.keep_alive,
        }
        try:
            found = acts[act]()
        except GrantRevoked:
            self.dead = True
        except FortnoxError:
            return
        else:
            now = self.store.load().tokens
            assert found == now.access_token
            assert now.expires_at > self.time.moment
            assert act != "force" or found != before.tokens.access_token

    @rule(minutes=st.sampled_from([1, 30, 49, 51, 61, 60 * 24 * 30]))
    def let_time_pass(self, minutes):
        self.time.pass_by(60 * minutes)

    @rule(which=st.sampled_from([0, 1]))
    def restart(self, which):
        self.processes[which] = self.process()

    @precondition(lambda self: self.dead)
    @rule()
    def authorize_again(self):
        self.store.save(self.tokens(self.fortnox.issue()), generation=self.store.load().generation)
        self.dead = self.fortnox.lost = False
        self.fortnox.refused = 0

    @invariant()
    def only_a_lost_answer_can_end_the_connection(self):
        assert self.fortnox.lost or (self.fortnox.refused, self.dead) == (0, False)

    @invariant()
    def a_refresh_token_is_never_forgotten(self):
        assert self.store.load().tokens.refresh_token

    @invariant()
    def what_is_stored_works_unless_an_answer_was_lost(self):
        assert self.fortnox.lost or self.store.load().tokens.refresh_token in self.fortnox.valid

    @invariant()
    def a_lost_answer_leaves_its_mark(self):
        assert not self.fortnox.lost or self.store.load().refresh_started


TestTwoProcesses = TwoProcesses.TestCase
TestTwoProcesses.settings = settings(stateful_step_count=40)
