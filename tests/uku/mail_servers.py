"""The least of a mail server (RFC 5321) over a socket: enough for smtplib, with a fault where a test wants one."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default


class Conversation(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("220 ready")
        while line := self.rfile.readline().decode().strip():
            word = line.split(":")[0].upper()
            if word.startswith(self.server.breaks_at or "never"):
                return
            if word.startswith(self.server.refuses_at or "never") or (self.server.unknown_person or "never") in line:
                self.say("451 try later: customer Anna 19850314-2384")
            elif word.startswith("DATA"):
                self.say("354 go on")
                text = self.text()
                if self.server.is_full:
                    self.say("452 the disk is full")
                    continue
                self.server.received.append(text)
                if self.server.holds is not None:
                    self.server.took.set()
                    self.server.holds.wait(30)
                if self.server.breaks_at == "AFTER":
                    return
                self.say("250 taken")
            elif word.startswith("QUIT"):
                self.say("221 bye")
                return
            else:
                self.say("250 fine")

    def text(self):
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.decode())
        return "".join(lines)

    def say(self, words):
        self.wfile.write(f"{words}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    """It keeps what it took in `received`; `holds` keeps its answer back until it is set."""

    daemon_threads = True
    refuses_at = breaks_at = unknown_person = ""
    is_full = False
    holds: threading.Event | None = None

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.received: list[str] = []
        self.took = threading.Event()

    @property
    def messages(self) -> list[EmailMessage]:
        return [message_from_bytes(text.encode(), policy=default) for text in self.received]


@contextmanager
def mail_server(settings) -> Iterator[MailServer]:
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        settings.EMAIL_BACKEND = "uku.kit.mail.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        settings.EMAIL_TIMEOUT = 5
        yield server
        server.shutdown()
