"""Real connections that misbehave: slow, silent, cut, lying."""

import contextlib
import datetime as dt
import ipaddress
import logging
import socket
import ssl
import threading

import httpx2
import pytest

from fortnox_api import (
    ConnectionFailed,
    DeadlineTransport,
    Fortnox,
    FortnoxError,
    OAuthApp,
    Outcome,
    PaceLimiter,
    StaticAuth,
    Timeouts,
    Unreadable,
)

COMPANY = b'{"CompanyInformation": {"DatabaseNumber": 34231, "CompanyName": "AB"}}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
# The servers here are patient for so long and then hang up, which is another error than a timeout. In each test only
# one limit is shorter, so the error itself says that this one ended the call, and no clock has to be read.
PATIENCE = 30.0
LONG = 2 * PATIENCE
TOTAL = 0.4


class Server:
    """Listens on this machine and lets a function deal with each connection."""

    def __init__(self, deal):
        self.deal = deal
        self.seen = []
        self.over = threading.Event()
        self.outlasted = False  # somebody waited for the whole of it
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.threads = [threading.Thread(target=self.accept)]
        self.threads[0].start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                thread = threading.Thread(target=self.serve, args=(connection,))
                self.threads.append(thread)
                thread.start()

    def serve(self, connection):
        with connection, contextlib.suppress(OSError):
            self.deal(self, connection)

    def request(self, connection):
        """Read one request and remember it."""
        raw = b""
        while b"\r\n\r\n" not in raw:
            more = connection.recv(65536)
            if not more:
                return b""
            raw += more
        head, _, body = raw.partition(b"\r\n\r\n")
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                while len(body) < int(line.split(b":")[1]):
                    body += connection.recv(65536)
        self.seen.append(head.split(b"\r\n")[0].decode())
        return head + b"\r\n\r\n" + body

    def close(self):
        self.over.set()
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for thread in self.threads:
            thread.join()


@pytest.fixture
def serve():
    servers = []

    def made(deal):
        servers.append(Server(deal))
        return servers[-1]

    yield made
    for server in servers:
        server.close()


@pytest.fixture
def client():
    opened = []

    def made(port, *, read=LONG, total=TOTAL, scheme="http", host="127.0.0.1", transport=None, token="t"):  # noqa: S107 - invented
        opened.append(
            Fortnox(
                auth=StaticAuth(token),
                base_url=f"{scheme}://{host}:{port}",
                transport=transport,
                limiter=PaceLimiter(0),
                timeouts=Timeouts(connect=LONG, read=read, total=total),
            )
        )
        return opened[-1]

    yield made
    for each in opened:
        each.close()


def failing(act):
    """Return the error."""
    with pytest.raises(FortnoxError) as caught:
        act()
    return caught.value


def dripping(before, drip):
    def deal(server, connection):
        server.request(connection)
        connection.sendall(before)
        for _ in range(int(PATIENCE / 0.02)):
            if server.over.wait(0.02):
                return
            connection.sendall(drip)
        server.outlasted = True

    return deal


@pytest.mark.parametrize(
    ("before", "drip"),
    [
        (b"", b"H"),
        (HEAD, b"X"),
        (HEAD, b"X-Y: z\r\n"),
        (HEAD + b"Content-Length: 100000\r\n\r\n", b" "),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    ],
    ids=["status", "one header", "headers", "body", "chunks"],
)
def test_one_byte_at_a_time_ends_at_the_total_deadline(serve, client, before, drip):
    server = serve(dripping(before, drip))
    fault = failing(client(server.port).company.get)
    # A status line of HHHH… is no HTTP and may end sooner, with another reason; nothing may take longer.
    assert (type(fault), fault.transient, server.outlasted) == (ConnectionFailed, True, False)
    assert len(server.seen) == 1


def silent(server, connection):
    server.request(connection)
    deaf(server, connection)


def deaf(server, _connection):
    server.outlasted = not server.over.wait(PATIENCE)


def test_a_silent_server_ends_at_the_read_timeout(serve, client, payload):
    server = serve(silent)
    fault = failing(lambda: client(server.port, read=0.2, total=LONG).invoices.create(payload()))
    assert (fault.reason, fault.outcome) == ("ReadTimeout", Outcome.UNKNOWN)
    assert server.seen == ["POST /3/invoices HTTP/1.1"]


def test_a_silent_server_ends_at_the_total_deadline_when_that_is_sooner(serve, client):
    fault = failing(client(serve(silent).port).company.get)
    assert fault.reason == "ReadTimeout"


def test_a_server_that_does_not_read_ends_at_the_total_deadline(serve, client):
    server = serve(deaf)
    fault = failing(lambda: client(server.port).invoices.create_raw(b" " * 30_000_000))
    assert (fault.reason, fault.outcome) == ("WriteTimeout", Outcome.UNKNOWN)


def reset(server, connection):
    server.request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def hang_up(server, connection):
    server.request(connection)


@pytest.mark.parametrize("deal", [reset, hang_up])
def test_a_lost_answer_is_unknown_and_nothing_is_sent_twice(serve, client, payload, deal):
    server = serve(deal)
    fault = failing(lambda: client(server.port).invoices.create(payload()))
    assert (type(fault), fault.outcome) == (ConnectionFailed, Outcome.UNKNOWN)
    assert server.seen == ["POST /3/invoices HTTP/1.1"]


def test_a_lost_answer_of_a_refresh_is_unknown(serve):
    server = serve(hang_up)
    address = f"http://127.0.0.1:{server.port}"
    with OAuthApp(client_id="i", client_secret="s", redirect_uri="http://localhost", base_url=address) as app:
        fault = failing(lambda: app.refresh("r"))
    assert (type(fault), fault.outcome, len(server.seen)) == (ConnectionFailed, Outcome.UNKNOWN, 1)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def test_a_refused_connection_was_not_applied(client, payload):
    fault = failing(lambda: client(free_port()).invoices.create(payload()))
    assert (fault.reason, fault.outcome) == ("ConnectError", Outcome.NOT_APPLIED)


def test_a_name_without_an_address_was_not_applied(client, payload, monkeypatch):
    def unknown(*_args, **_kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    fault = failing(lambda: client(1, host="x.localhost").invoices.create(payload()))
    assert (fault.reason, fault.outcome) == ("ConnectError", Outcome.NOT_APPLIED)


def test_a_name_with_an_empty_answer_was_not_applied(client, payload, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: [])
    fault = failing(lambda: client(1, host="x.localhost").invoices.create(payload()))
    assert (fault.reason, fault.outcome) == ("ConnectError", Outcome.NOT_APPLIED)


def answering(raw, *, keep=False):
    def deal(server, connection):
        while server.request(connection):
            connection.sendall(raw)
            if not keep:
                return

    return deal


WHOLE = HEAD + b"Content-Length: %d\r\n\r\n" % len(COMPANY) + COMPANY


def test_the_second_address_of_a_name_is_tried(serve, client, monkeypatch):
    server = serve(answering(WHOLE))
    real = socket.getaddrinfo

    def two(_host, port, **wanted):
        return [*real("127.0.0.2", port, **wanted), *real("127.0.0.1", port, **wanted)]

    fortnox = client(server.port, host="x.localhost")
    # create_connection asks as well, for the address it was given.
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, port, *rest, **wanted: two(host, port, **wanted)
        if host == "x.localhost"
        else real(host, port, *rest, **wanted),
    )  # fmt: skip
    assert fortnox.company.get().name == "AB"


def test_connections_are_kept_for_the_next_call(serve, client):
    server = serve(answering(WHOLE, keep=True))
    fortnox = client(server.port)
    assert [fortnox.company.get().name for _ in range(3)] == ["AB"] * 3
    assert (len(server.seen), len(server.threads)) == (3, 2)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (HEAD + b"Content-Length: 100\r\n\r\n{", ConnectionFailed),
        (HEAD + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"Inv', ConnectionFailed),
        (HEAD + b'Connection: close\r\n\r\n{"Invoice": {"Docu', Unreadable),
        (HEAD + b"Content-Length: 0\r\n\r\n", Unreadable),
        (b"SSH-2.0-OpenSSH\r\n\r\n", ConnectionFailed),
        (HEAD + b"X: y\r\n" * 100_000 + b"\r\n", ConnectionFailed),
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>", FortnoxError),
    ],
    ids=["length", "chunked", "no length", "empty", "no HTTP", "100,000 headers", "gateway"],
)
def test_a_cut_or_foreign_answer_to_a_write_is_unknown(serve, client, payload, raw, kind):
    """B47: 100,000 headers drop the connection"""
    server = serve(answering(raw))
    fault = failing(lambda: client(server.port, total=5).invoices.create(payload()))
    assert isinstance(fault, kind)
    assert (fault.outcome, server.seen) == (Outcome.UNKNOWN, ["POST /3/invoices HTTP/1.1"])


def test_tls_with_somebody_who_speaks_none_was_not_applied(serve, client, payload):
    server = serve(lambda _, connection: connection.sendall(b"220 mail.example ESMTP\r\n"))
    fault = failing(lambda: client(server.port, scheme="https").invoices.create(payload()))
    assert (fault.reason, fault.outcome) == ("ConnectError", Outcome.NOT_APPLIED)


def test_a_silent_handshake_ends_at_the_total_deadline(serve, client, payload):
    server = serve(deaf)
    fault = failing(lambda: client(server.port, scheme="https").invoices.create(payload()))
    assert (fault.reason, fault.outcome) == ("ConnectTimeout", Outcome.NOT_APPLIED)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Return the path of a key and certificate for 127.0.0.1, made for this run."""
    x509 = pytest.importorskip("cryptography.x509", reason="the server extra brings cryptography")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def over_tls(certificate, deal):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def dealt(server, connection):
        with contextlib.suppress(ssl.SSLError), context.wrap_socket(connection, server_side=True) as safe:
            deal(server, safe)

    return dealt


def test_tls_with_a_trusted_certificate_works(serve, client, certificate):
    server = serve(over_tls(certificate, answering(WHOLE)))
    trusted = DeadlineTransport(ssl.create_default_context(cafile=certificate))
    assert client(server.port, scheme="https", transport=trusted).company.get().name == "AB"


def test_a_drip_through_tls_ends_at_the_total_deadline(serve, client, certificate):
    server = serve(over_tls(certificate, dripping(HEAD, b"X")))
    trusted = DeadlineTransport(ssl.create_default_context(cafile=certificate))
    fault = failing(client(server.port, scheme="https", transport=trusted).company.get)
    assert fault.reason == "ReadTimeout"


def test_a_certificate_that_nobody_trusts_was_not_applied(serve, client, certificate, payload):
    server = serve(over_tls(certificate, answering(WHOLE)))
    fault = failing(lambda: client(server.port, scheme="https").invoices.create(payload()))
    assert (fault.reason, fault.outcome, server.seen) == ("ConnectError", Outcome.NOT_APPLIED, [])


def test_the_log_names_each_request_and_holds_no_secret_and_no_person(serve, client, payload, caplog):
    caplog.set_level(logging.DEBUG)
    raw = HEAD + b"X-Uid: 685856e1\r\nContent-Length: %d\r\n\r\n" % len(COMPANY) + COMPANY
    server = serve(answering(raw, keep=True))
    fortnox = client(server.port, total=5, token="canary-token")
    fortnox.company.get()
    for act in (
        lambda: fortnox.customers.get("canary-197001011234"),
        lambda: list(fortnox.customers.list(name="canary-anna")),
        lambda: fortnox.invoices.bookkeep("canary-1"),
        lambda: fortnox.invoices.create(payload(remarks="canary-remark")),
    ):
        failing(act)
    ours = [each.getMessage() for each in caplog.records if each.name == "fortnox_api"]
    assert ours == [
        "GET companyinformation: 200, X-Uid 685856e1",
        "GET customers: 200, X-Uid 685856e1",
        "GET customers: 200, X-Uid 685856e1",
        "PUT invoices bookkeep: 200, X-Uid 685856e1",
        "POST invoices: 200, X-Uid 685856e1",
    ]
    assert [each.getMessage() for each in caplog.records if "canary" in each.getMessage()] == []


def test_a_deadline_that_has_passed_sends_nothing(serve, client, payload):
    server = serve(answering(WHOLE))
    fault = failing(lambda: client(server.port, total=0).invoices.create(payload()))
    assert (fault.reason, fault.outcome, server.seen) == ("ConnectTimeout", Outcome.NOT_APPLIED, [])


def test_without_a_deadline_in_force_the_timeouts_alone_count(serve):
    server = serve(answering(WHOLE))
    with httpx2.Client(transport=DeadlineTransport(), trust_env=False) as plain:
        assert plain.get(f"http://127.0.0.1:{server.port}/").content == COMPANY
