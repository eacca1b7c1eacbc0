"""deploy/nginx.conf in a real nginx: nobody gets in without a password, and websockets get through with one."""

import base64
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest

from user_activity_tests.deploy.compose import ROOT
from user_activity_tests.mailbox import self_signed
from user_activity_tests.programs import program
from user_activity_tests.service.processes import HOST, free_port, wait_for

NGINX, pytestmark = program("nginx", "nginx-light")
OPERATORS, READERS = "dagster.example.com", "dagster-read.example.com"


class Behind(BaseHTTPRequestHandler):
    """A web interface that answers with the headers it was given."""

    def do_GET(self) -> None:
        body = "".join(f"{name.lower()}: {value}\n" for name, value in self.headers.items()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Door", str(self.server.server_address[1]))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@dataclass(frozen=True)
class Proxy:
    plain: int
    secure: int
    doors: dict[str, int]

    def ask(self, host: str, login: str = "", **headers: str) -> httpx2.Response:
        given = {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"} if login else {}
        return httpx2.get(
            f"https://{HOST}:{self.secure}/graphql",
            headers={"Host": host, **given, **headers},
            verify=False,
            timeout=20,
        )


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("nginx")
    key_and_certificate = self_signed(folder)
    (folder / "operators").write_text("ann:{PLAIN}open\n")
    (folder / "readers").write_text("ben:{PLAIN}look\n")
    behind = [ThreadingHTTPServer((HOST, 0), Behind) for _ in range(2)]
    for server in behind:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    found = Proxy(free_port(), free_port(), {OPERATORS: behind[0].server_port, READERS: behind[1].server_port})
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    for place, other in {
        "listen 443 ssl": f"listen {HOST}:{found.secure} ssl",
        "listen 80;": f"listen {HOST}:{found.plain};",
        "127.0.0.1:3000": f"{HOST}:{found.doors[OPERATORS]}",
        "127.0.0.1:3002": f"{HOST}:{found.doors[READERS]}",
        "/etc/nginx/tls.crt": str(key_and_certificate),
        "/etc/nginx/tls.key": str(key_and_certificate),
        "/etc/nginx/": f"{folder}/",
        "/var/log/nginx/": f"{folder}/",
        "/run/nginx.pid": f"{folder}/nginx.pid",
    }.items():
        assert place in text
        text = text.replace(place, other)
    (folder / "nginx.conf").write_text(text)
    command = [str(NGINX), "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert (checked.returncode, "warn" in checked.stderr) == (0, False), checked.stderr
    # Where root runs the tests, nginx gives its workers to a user who may not look into the tests' folder.
    as_root = "user root; " if os.geteuid() == 0 else ""
    process = subprocess.Popen([*command, "-g", f"{as_root}daemon off;"])
    try:
        wait_for("nginx", lambda: all(map(is_open, (found.plain, found.secure))), 20)
        yield found
    finally:
        process.terminate()
        process.wait(20)
        for server in behind:
            server.shutdown()
            server.server_close()


@pytest.mark.parametrize("host", [OPERATORS, READERS])
@pytest.mark.parametrize("login", ["", "ann:wrong", "nobody:open"])
def test_nobody_gets_in_without_a_password(host: str, login: str, proxy: Proxy) -> None:
    assert proxy.ask(host, login).status_code == 401


def test_each_door_knows_its_own_users(proxy: Proxy) -> None:
    for host, login in ((OPERATORS, "ann:open"), (READERS, "ben:look")):
        answer = proxy.ask(host, login)
        assert (answer.status_code, answer.headers["X-Door"]) == (200, str(proxy.doors[host]))
    assert proxy.ask(OPERATORS, "ben:look").status_code == 401


def test_a_websocket_gets_through_and_the_password_does_not(proxy: Proxy) -> None:
    told = proxy.ask(OPERATORS, "ann:open", Upgrade="websocket", Connection="Upgrade").text
    assert "upgrade: websocket" in told
    assert "connection: upgrade" in told
    assert "authorization" not in told
    assert "x-forwarded-proto: https" in told
    assert "upgrade" not in proxy.ask(OPERATORS, "ann:open").text


def test_what_is_asked_for_in_the_clear_is_sent_to_the_secure_door(proxy: Proxy) -> None:
    answer = httpx2.get(f"http://{HOST}:{proxy.plain}/runs", headers={"Host": OPERATORS}, timeout=20)
    assert (answer.status_code, answer.headers["Location"]) == (301, f"https://{OPERATORS}/runs")
