"""Where e-mail goes is one setting; a wrong one ends with a sentence that does not show the password."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from pydantic import ValidationError

from uku.config import Config
from uku.mail_server import MailServer, mail_server

FACTS = {"secret_key": "Zq8x-Kd93_LmPw72Zq8x-Kd93_LmPw72", "token_keys": Fernet.generate_key().decode()}
PASSWORD = "hunter2hunter2"


@pytest.mark.parametrize(
    ("address", "server"),
    [
        ("", None),
        ("smtp://mail.firm.example", MailServer("mail.firm.example", 587, "", "", starttls=True, tls=False)),
        ("smtps://mail.firm.example", MailServer("mail.firm.example", 465, "", "", starttls=False, tls=True)),
        (
            "smtp://uku%40firm.example:p%2Fa%3As%40s@mail.firm.example:2525",
            MailServer("mail.firm.example", 2525, "uku@firm.example", "p/a:s@s", starttls=True, tls=False),
        ),
        ("smtp://127.0.0.1:25", MailServer("127.0.0.1", 25, "", "", starttls=False, tls=False)),
    ],
)
def test_a_mail_server_is_one_address(address, server):
    assert mail_server(address) == server
    assert Config(**FACTS, smtp_url=address).smtp == server


@pytest.mark.parametrize(
    "address",
    [
        f"http://u:{PASSWORD}@mail.example",
        f"smtp://u:{PASSWORD}@",
        f"smtp://u:{PASSWORD}@mail.example:x",
        f"smtp://u:{PASSWORD}@mail.example:0",
        f"smtp://u:{PASSWORD}@[mail.example",
        f"smtp://u:{PASSWORD}@mail.example/path",
        f"smtp://u:{PASSWORD}@mail.example?tls=no",
        f"{PASSWORD}",
    ],
)
def test_a_wrong_mail_server_is_a_sentence_without_the_password(address):
    with pytest.raises(ValidationError) as found:
        Config(**FACTS, smtp_url=address)
    (problem,) = found.value.errors()
    assert (problem["loc"], problem["msg"].startswith("Value error, must ")) == (("smtp_url",), True)
    assert (PASSWORD in str(found.value), PASSWORD in problem["msg"]) == (False, False)


def test_the_password_is_not_shown_by_the_configuration():
    config = Config(**FACTS, smtp_url=f"smtp://u:{PASSWORD}@mail.example")
    assert PASSWORD not in repr(config)
    assert config.smtp is not None
    assert config.smtp.password == PASSWORD


@pytest.mark.parametrize("text", ["", "uku@firm.example", "Uku <uku@firm.example>", "Byrån Å <uku@firm.example>"])
def test_a_sender_is_one_address(text):
    assert Config(**FACTS, email_from=text).email_from == text


@pytest.mark.parametrize(
    "text",
    ["Uku", "a@b.example, c@d.example", "Uku <uku>", "uku@firm.example\nBcc: x@y.example", "Uku <a b@c.example>"],
)
def test_a_wrong_sender_is_a_sentence(text):
    with pytest.raises(ValidationError, match="must be one e-mail address, like Uku <uku@firm.example>"):
        Config(**FACTS, email_from=text)


def test_email_goes_one_way(tmp_path):
    with pytest.raises(ValidationError, match="E-mail goes one way: unset one of them."):
        Config(**FACTS, smtp_url="smtp://mail.example", email_folder=tmp_path)
