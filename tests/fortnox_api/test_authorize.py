"""`python -m fortnox_api authorize`: consent on this machine, and what may come back instead of a code."""

import io
import os
import runpy
import socket
import subprocess
import sys
import textwrap
import threading
import webbrowser

import httpx2
import pytest

from fortnox_api import FileTokenStore, RefreshTokenAuth
from fortnox_api.__main__ import main


def find_free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


HERE = f"http://localhost:{find_free_port()}"
REDIRECT = f"{HERE}/fortnox/callback"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORTNOX_CLIENT_SECRET", "uku-demo-secret")
    return tmp_path


@pytest.fixture
def visits(town):
    """Make a browser that a person approves with, or whatever a test says instead; give what it was shown."""
    shown = []
    threads = []

    class Browser(webbrowser.BaseBrowser):
        act = None

        def open(self, url, *_):
            threads.append(threading.Thread(target=self.visit, args=(url,)))
            threads[-1].start()
            return True

        def visit(self, url):
            params = httpx2.URL(url).params
            answers = self.act(url) if self.act else [{"code": town.code(url), "state": params["state"]}]
            shown.extend(httpx2.get(params["redirect_uri"], params=each, trust_env=False).text for each in answers)

    browser = Browser("a person")
    browsers, webbrowser._tryorder = webbrowser._tryorder, ["a person"]
    webbrowser.register("a person", None, browser)
    yield browser, shown
    webbrowser._tryorder = browsers
    for thread in threads:
        thread.join()


def run(town, *more):
    arguments = ["authorize", "--client-id", "uku-demo", "--scopes", "customer invoice", "--base-url", town.address]
    return main([*arguments, "--redirect-uri", REDIRECT, *more])


def test_consent_is_walked_through_and_its_tokens_are_kept(town, visits, capsys):
    assert run(town) == 0
    printed = capsys.readouterr().out
    assert visits[1] == ["Done. You can close this page."]
    stored = FileTokenStore("fortnox-tokens.db").load().tokens
    assert (stored.tenant_id, stored.scopes) == ("556001", frozenset({"customer", "invoice"}))
    assert "Company 556001 is connected until the consent is revoked. Its tokens are in fortnox-tokens.db." in printed
    assert stored.access_token not in printed
    assert follow(printed) == "1"


def follow(printed):
    """Run the lines that the command ends with, and give what they print."""
    code = textwrap.dedent(printed[printed.index("    import os") :])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_person_is_connected_when_asked_for(town, visits, capsys):
    assert run(town, "--personal", "--tokens", "mine.db") == 0
    printed = capsys.readouterr().out
    assert "Company 556001 is connected as long as its tokens are used every 45 days." in printed
    assert follow(printed) == "1"
    with town.open(RefreshTokenAuth(town.app, FileTokenStore("mine.db"))) as fortnox:
        assert fortnox.customers.count() == 1


def test_the_answer_to_another_question_and_other_pages_are_passed_by(town, visits):
    browser, shown = visits

    def act(url):
        state = httpx2.URL(url).params["state"]
        page = httpx2.get(f"{HERE}/favicon.ico", trust_env=False)
        shown.append(page.text)
        return [{"code": "x", "state": "forged"}, {"code": "x"}, {"code": town.code(url), "state": state}]

    browser.act = act
    assert run(town) == 0
    assert shown == [
        "Nothing is here.",
        "This is the answer to another question. Begin anew.",
        "This is the answer to another question. Begin anew.",
        "Done. You can close this page.",
    ]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"error": "access_denied"}, "Not approved: access_denied\n"),
        ({"error": "\x1b[31m"}, "Not approved: no code came back\n"),
        ({"code": "forged"}, "Not connected: the refresh token or code is used, expired or unknown"),
    ],
)
def test_without_consent_nothing_is_stored(town, visits, capsys, asked, words):
    visits[0].act = lambda url: [{"state": httpx2.URL(url).params["state"], **asked}]
    assert run(town) == 1
    assert capsys.readouterr().err.startswith(words)
    with pytest.raises(Exception, match="no tokens"):
        FileTokenStore("fortnox-tokens.db").load()


@pytest.mark.parametrize("uri", ["https://uku.example/back", "http://localhost/back", "https://localhost:8730/"])
def test_the_answer_has_to_come_to_this_machine(town, capsys, uri):
    with pytest.raises(SystemExit) as caught:
        run(town, "--redirect-uri", uri)
    assert caught.value.code == 2
    assert "it has to be http://localhost:PORT/" in capsys.readouterr().err


def test_without_a_browser_the_address_is_printed_and_the_secret_asked_for(town, folder):
    """As a process of its own, as a person at a terminal without a browser has it."""
    command = [sys.executable, "-m", "fortnox_api", "authorize", "--client-id", "uku-demo", "--scopes", "customer"]
    command += ["--base-url", town.address, "--redirect-uri", REDIRECT, "--no-browser"]
    environment = {key: value for key, value in os.environ.items() if key != "FORTNOX_CLIENT_SECRET"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, start_new_session=True, **pipes) as process:
        process.stdin.write("uku-demo-secret\n")
        process.stdin.flush()
        url = next(line.strip() for line in process.stdout if line.strip().startswith("http"))
        back = {"code": town.code(url), "state": httpx2.URL(url).params["state"]}
        assert httpx2.get(REDIRECT, params=back, trust_env=False).text == "Done. You can close this page."
        out, _ = process.communicate()
        assert (process.returncode, "Company 556001 is connected" in out) == (0, True)


def test_a_port_that_is_taken_and_a_file_of_something_else_are_told(town, folder, capsys):
    with socket.create_server(("127.0.0.1", int(HERE.rsplit(":", 1)[1]))):
        assert run(town) == 1
    (folder / "diary.txt").write_text("dear diary, " * 100)
    assert run(town, "--tokens", "diary.txt") == 1
    first, second = capsys.readouterr().err.splitlines()
    assert "Address already in use" in first
    assert second == "Cannot begin: diary.txt is no file of tokens"


def test_the_command_without_words_says_what_there_is(capsys):
    with pytest.raises(SystemExit) as caught:
        main([])
    assert (caught.value.code, "authorize" in capsys.readouterr().err) == (2, False)


def test_the_module_is_the_command(monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "fortnox_api.__main__")
    monkeypatch.setattr(sys, "argv", ["fortnox_api", "--help"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("fortnox_api", run_name="__main__")
    assert (caught.value.code, "ask for consent in the browser" in capsys.readouterr().out) == (0, True)


def test_without_a_browser_none_is_opened(town, visits, monkeypatch):
    browser, shown = visits

    class Terminal(io.StringIO):
        def write(self, text):
            for line in text.split():
                if line.startswith("http"):
                    browser.open(line)
            return super().write(text)

    monkeypatch.setattr(sys, "stdout", Terminal())
    assert run(town, "--no-browser") == 0
    assert shown == ["Done. You can close this page."]
