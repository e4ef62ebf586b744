"""Addresses are read as they are written in settings; one that cannot be meant is refused with what would be right."""

import pytest

from http1.address import Address, check_host, parse_endpoint, parse_listen
from http1.errors import BadAddress
from http1.head import read_request_head
from http1.settings import ServerLimits


@pytest.mark.parametrize(
    ("url", "address", "authority"),
    [
        ("http://m", Address(host="m", port=80), "m"),
        ("http://m:8000/", Address(host="m", port=8000), "m:8000"),
        ("https://m/v2/", Address(host="m", port=443, tls=True, base="/v2"), "m"),
        ("https://M:80", Address(host="m", port=80, tls=True), "m:80"),
        ("http://[::1]:8000", Address(host="::1", port=8000), "[::1]:8000"),
        ("unix:/run/m.sock", Address(path="/run/m.sock"), "localhost"),
        ("unix:///run/m.sock", Address(path="/run/m.sock"), "localhost"),
    ],
)
def test_reads_an_endpoint(url: str, address: Address, authority: str) -> None:
    """Scheme, host, port and base; what its Host header is."""
    assert parse_endpoint(url) == address
    assert parse_endpoint(url).authority == authority


@pytest.mark.parametrize("url", ["http://m", "https://m:8443/v2", "http://[::1]:8000", "unix:/run/m.sock"])
def test_an_address_is_printed_as_it_is_written(url: str) -> None:
    """What a log line names can be put into the settings again."""
    assert parse_endpoint(str(parse_endpoint(url))) == parse_endpoint(url)


@pytest.mark.parametrize(
    "url",
    [
        "", "m:8000", "ftp://m", "http://", "http://m:99999", "http://m:x", "http://u:p@m", "http://u@m", "http://m?q=1",
        "http://m:0", "https://m:00/v2",
        "http://m#f", "http://m/ä", "http://m/a b", "unix:", "unix:relative.sock", "unix:/" + "a" * 107,
    ],
)  # fmt: skip
def test_refuses_an_endpoint(url: str) -> None:
    """Nothing is guessed, and user info is never taken: URLs are printed."""
    with pytest.raises(BadAddress) as refusal:
        parse_endpoint(url)
    assert "p@" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", Address(host="127.0.0.1", port=8080)),
        (":8080", Address(host="0.0.0.0", port=8080)),
        ("[::1]:8080", Address(host="::1", port=8080)),
        ("localhost:0", Address(host="localhost")),
        ("unix:/run/u.sock", Address(path="/run/u.sock")),
    ],
)
def test_reads_a_listening_address(text: str, address: Address) -> None:
    """Host and port, all addresses, or a socket's path."""
    assert parse_listen(text) == address


@pytest.mark.parametrize("text", ["", "8080", "localhost", "a:b", "a:70000", "::1:8080", "http://a:80", "unix:x"])
def test_refuses_a_listening_address(text: str) -> None:
    """An address without port, or an IPv6 one without brackets, is not guessed at."""
    with pytest.raises(BadAddress):
        parse_listen(text)


@pytest.mark.parametrize("text", ["m", "M.example", "m:1", "m:65535", "127.0.0.1:80", "[::1]", "[::1]:8000", "model_1"])
def test_takes_a_host_that_a_server_takes(text: str) -> None:
    """What we would send is what our own server would read."""
    check_host(text)
    head = read_request_head(b"GET / HTTP/1.1\r\nHost: %b\r\n\r\n" % text.encode(), ServerLimits())
    assert head.host == text.encode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "u@h",
        "u:p@h",
        "a,b",
        "a b",
        "h:99999",
        "h:0",
        "h:",
        ":80",
        "h:80:80",
        "::1",
        "[::1",
        "[g]",
        "h/p",
        "http://h",
        "é",
    ],
)
def test_refuses_a_host_that_is_none_or_several(text: str) -> None:
    """Servers would refuse it, or each read another one in it."""
    with pytest.raises(BadAddress, match="expected one host"):
        check_host(text)
