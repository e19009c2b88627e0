"""The one way out: to the partner's own address only, pinned, bounded, and left alone when it keeps failing."""

import ast
import ipaddress
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from portal.integrations.circuit import Circuit
from portal.integrations.http import LOOPBACK, AddressRefused, AnswerRefused, CircuitOpen, is_public, partner_client

ROOT = Path(__file__).parents[2]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
#: Ways to write an address of our own network, as a system's resolver reads them.
INSIDE = (
    "https://127.0.0.1",
    "https://2130706433",
    "https://0x7f000001",
    "https://0x7f.1",
    "https://0177.0.0.1",
    "https://127.1",
    "https://0",
    "https://0.0.0.0",
    "https://localhost",
    "https://10.0.0.1",
    "https://172.16.5.4",
    "https://192.168.1.1",
    "https://100.64.0.1",
    "https://169.254.169.254",
    "https://[::1]",
    "https://[::]",
    "https://[::ffff:127.0.0.1]",
    "https://[::ffff:a9fe:a9fe]",
    "https://[64:ff9b::7f00:1]",
    "https://[2002:7f00:1::]",
    "https://[fd00::1]",
    "https://[fe80::1]",
    "https://[ff02::1]",
    "https://224.0.0.1",
    "https://255.255.255.255",
)


@pytest.mark.parametrize("url", INSIDE)
def test_an_address_of_our_own_network_is_not_connected_to(url: str) -> None:
    with pytest.raises((AddressRefused, httpx.ConnectError, ValueError)) as refusal:
        partner_client(url, timeout=2).get("/")
    # Connected to and refused there would say "Connection refused"; a name that this system cannot read is not known.
    assert isinstance(refusal.value, (AddressRefused, ValueError)) or str(refusal.value) == "the name is not known"


@pytest.mark.parametrize(
    "url", ["ftp://partner.example", "file:///etc/passwd", "https://", "partner.example", "https://us@partner.example"]
)
def test_what_is_no_partners_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="partner's address"):
        partner_client(url, timeout=2)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "64:ff9b::101:101", "::ffff:8.8.8.8"])
def test_the_open_internet_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_without_tls_only_in_networks_of_ours() -> None:
    client = partner_client("http://partner.example", timeout=2, resolver=lambda host, port: ["1.1.1.1"])
    with pytest.raises(AddressRefused):
        client.get("/")


def test_one_inside_address_among_public_ones_is_enough_to_refuse() -> None:
    client = partner_client(
        "https://partner.example", timeout=2, resolver=lambda host, port: ["1.1.1.1", "169.254.169.254"]
    )
    with pytest.raises(AddressRefused):
        client.get("/")


def test_a_name_is_resolved_once_and_that_address_connected_to(broken_server: Callable[..., int]) -> None:
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers.pop(0)

    port = broken_server(answer=OK)
    client = partner_client(f"http://partner.example:{port}", timeout=2, networks=LOOPBACK, resolver=rebinding)
    assert client.get("/").text == "ok"
    assert asked == ["partner.example"]
    with pytest.raises(AddressRefused):
        client.get("/")


@pytest.mark.parametrize("path", ["https://127.0.0.1/", "http://127.0.0.1:1/", "http://evil.example/"])
def test_another_address_than_the_partners_is_not_called(broken_server: Callable[..., int], path: str) -> None:
    client = partner_client(f"http://127.0.0.1:{broken_server(answer=OK)}", timeout=2, networks=LOOPBACK)
    with pytest.raises(AddressRefused):
        client.get(path)


def test_a_redirect_is_an_answer_and_not_followed(broken_server: Callable[..., int]) -> None:
    inside = broken_server(answer=OK)
    moved = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{inside}/\r\nContent-Length: 0\r\n\r\n".encode()
    client = partner_client(f"http://127.0.0.1:{broken_server(answer=moved)}", timeout=2, networks=LOOPBACK)
    assert client.get("/").status_code == 302


def test_proxies_of_the_environment_are_not_used(
    broken_server: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    client = partner_client(f"http://127.0.0.1:{broken_server(answer=OK)}", timeout=2, networks=LOOPBACK)
    assert client.get("/").text == "ok"


def test_an_answer_that_is_too_large_is_dropped(broken_server: Callable[..., int]) -> None:
    large = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nConnection: close\r\n\r\n" + b"x" * 5000
    client = partner_client(
        f"http://127.0.0.1:{broken_server(answer=large)}", timeout=2, networks=LOOPBACK, answer_bytes=4000
    )
    with pytest.raises(AnswerRefused):
        client.get("/")


def test_an_answer_compressed_unasked_is_dropped(broken_server: Callable[..., int]) -> None:
    bomb = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
    client = partner_client(f"http://127.0.0.1:{broken_server(answer=bomb)}", timeout=2, networks=LOOPBACK)
    with pytest.raises(AnswerRefused):
        client.get("/")


def test_silence_ends_in_time(broken_server: Callable[..., int]) -> None:
    client = partner_client(f"http://127.0.0.1:{broken_server(silent=True)}", timeout=0.3, networks=LOOPBACK)
    started = time.monotonic()
    with pytest.raises(httpx.ReadTimeout):
        client.get("/")
    assert time.monotonic() - started < 5


def test_a_partner_that_keeps_failing_is_left_alone_and_then_tried_with_one_call(
    broken_server: Callable[..., int],
) -> None:
    seconds = [0.0]
    circuit = Circuit("partner", failures=3, rest=30, clock=lambda: seconds[0])
    dead = partner_client("http://127.0.0.1:1", timeout=2, networks=LOOPBACK, circuit=circuit)
    for _ in range(3):
        with pytest.raises(httpx.ConnectError):
            dead.get("/")
    with pytest.raises(CircuitOpen):
        dead.get("/")
    assert circuit.state == "open"
    seconds[0] = 31
    assert circuit.state == "half-open"
    with pytest.raises(httpx.ConnectError) as trial:
        dead.get("/")
    assert not isinstance(trial.value, CircuitOpen)
    assert circuit.state == "open"
    seconds[0] = 62
    alive = partner_client(
        f"http://127.0.0.1:{broken_server(answer=OK)}", timeout=2, networks=LOOPBACK, circuit=circuit
    )
    assert alive.get("/").text == "ok"
    assert circuit.state == "closed"


def test_only_one_call_tries_a_partner_that_was_left_alone() -> None:
    seconds = [0.0]
    circuit = Circuit("partner", failures=1, rest=30, clock=lambda: seconds[0])
    circuit.failed()
    seconds[0] = 30
    assert [circuit.lets_through() for _ in range(3)] == [True, False, False]


def test_a_gateway_that_finds_nobody_behind_it_counts_as_failing(broken_server: Callable[..., int]) -> None:
    circuit = Circuit("partner", failures=1)
    answer = b"HTTP/1.1 503 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"
    client = partner_client(
        f"http://127.0.0.1:{broken_server(answer=answer)}", timeout=2, networks=LOOPBACK, circuit=circuit
    )
    assert client.get("/").status_code == 503
    assert circuit.state == "open"


def test_nothing_else_makes_http_calls_or_reads_xml() -> None:
    """One way out, and no XML parser but a hardened one."""
    ways = {"requests", "urllib.request", "http.client", "urllib3", "xml", "lxml", "aiohttp.client"}
    found = set()
    for file in (*(ROOT / "portal").rglob("*.py"), *(ROOT / "jobs").rglob("*.py"), *(ROOT / "signaling").rglob("*.py")):
        name = file.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(file.read_text())):
            modules = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found |= {(name, one) for one in modules for way in ways if one == way or one.startswith(f"{way}.")}
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                call = (node.value.id, node.attr)
                if call[0] == "httpx" and call[1] in {"Client", "AsyncClient", "get", "post", "request", "stream"}:
                    found.add((name, "httpx"))
                if call == ("aiohttp", "ClientSession"):
                    found.add((name, "aiohttp"))
    assert found == {("portal/integrations/http.py", "httpx")}
