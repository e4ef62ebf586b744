"""A recorded exchange as a request to a candidate."""

import pytest

from calling.copying import Copying
from calling.marker import valid
from calling.settings import CallSettings
from http1.address import parse_endpoint
from records.errors import RecordError
from records.privacy.kept_rules import KeptRules
from records.settings import KeptSettings
from tests.recordings import exchange

SECRET = b"s" * 32


def copying(prefix: str = "/models", url: str = "http://candidate:9000", **settings: object) -> Copying:
    endpoint = CallSettings(url=url, **settings)  # type: ignore[arg-type]
    return Copying(
        prefix,
        endpoint,
        address=parse_endpoint(url),
        kept=KeptRules.create(KeptSettings()),
        secret=SECRET,
        span_id=lambda: 0xABC,
    )


def parts(request: bytes) -> tuple[str, dict[str, str], bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    line, *fields = head.decode("latin-1").split("\r\n")
    names = [field.partition(": ")[0] for field in fields]
    assert len(names) == len(set(names)), "a header stands twice"
    return line, dict(field.partition(": ")[::2] for field in fields), body


def test_the_candidate_is_asked_what_production_was_asked() -> None:
    """Method, target with query, kept headers and body are those that were recorded."""
    line, headers, body = parts(copying().request(exchange()))
    assert line == "POST /models/infer?a=1 HTTP/1.1"
    assert headers["content-type"] == "application/json"
    assert headers["x-request-id"] == "r-1"
    assert headers["host"] == "candidate:9000"
    assert (headers["content-length"], body) == ("7", b'{"x":1}')


def test_the_copy_is_marked() -> None:
    """An Understudy that meets the copy knows it by the exchange's id, signed."""
    _, headers, _ = parts(copying().request(exchange(7)))
    assert headers["x-understudy-shadow"].startswith("e-7.")
    assert valid(SECRET, headers["x-understudy-shadow"].encode())


def test_the_call_is_a_child_of_the_clients_trace() -> None:
    """The same trace and flags, another span."""
    _, headers, _ = parts(copying().request(exchange()))
    assert headers["traceparent"] == "00-0af7651916cd43dd8448eb211c80319c-0000000000000abc-01"


def test_the_candidate_has_credentials_of_its_own_and_never_a_clients() -> None:
    """Headers of the settings are added or take another's place; what may not be kept is not passed on either."""
    recorded = ((b"authorization", b"Bearer client"), (b"cookie", b"s=1"), (b"user-agent", b"app"), (b"accept", b"a/b"))
    own = {"Authorization": "Bearer own", "User-Agent": "mirror"}
    _, headers, _ = parts(copying(headers=own).request(exchange(headers=recorded)))
    assert headers["authorization"] == "Bearer own"
    assert headers["user-agent"] == "mirror"
    assert headers["accept"] == "a/b"
    assert "cookie" not in headers


def test_headers_can_be_removed() -> None:
    """Those that the settings name are not passed on, the trace among them."""
    _, headers, _ = parts(copying(remove_headers=("X-Request-ID", "traceparent")).request(exchange()))
    assert "x-request-id" not in headers
    assert "traceparent" not in headers


def test_the_host_can_be_set() -> None:
    """A candidate behind a name-based router."""
    assert parts(copying(host="models.internal").request(exchange()))[1]["host"] == "models.internal"


@pytest.mark.parametrize(
    ("prefix", "rewrite", "url", "target", "becomes"),
    [
        ("/models", None, "http://c", "/models/a?b=/models", "/models/a?b=/models"),
        ("/models/late", "/models/ported", "http://c", "/models/late/infer", "/models/ported/infer"),
        ("/models/late", "/models/ported", "http://c", "/models/late", "/models/ported"),
        ("/models/late", "/models/ported", "http://c", "/models/later", "/models/later"),
        ("/models/", "/m/", "http://c", "/models/a", "/m/a"),
        ("/models", "/", "http://c", "/models/a", "/a"),
        ("/models", "/", "http://c", "/models?x", "/?x"),
        ("/", "/v2", "http://c", "/a", "/v2/a"),
        ("/", None, "http://c/base", "/a%20b", "/base/a%20b"),
        ("/models", "/m", "http://c/base/", "/models:predict", "/base/m:predict"),
    ],
)
def test_the_routes_prefix_is_rewritten(prefix: str, rewrite: str | None, url: str, target: str, becomes: str) -> None:
    """On a segment boundary only, below the candidate's base path, the rest to the byte."""
    assert copying(prefix, url, rewrite_prefix=rewrite).target(target) == becomes


def test_a_request_without_content_says_so_where_content_is_usual() -> None:
    """RFC 9110 §8.6: an empty POST has Content-Length 0, a GET has none."""
    assert parts(copying().request(exchange(body=b"")))[1]["content-length"] == "0"
    assert "content-length" not in parts(copying().request(exchange(method="GET", body=b"")))[1]


@pytest.mark.parametrize(
    "hostile",
    [
        exchange(target="/a HTTP/1.1\r\nX: y\r\n\r\nGET /b"),
        exchange(target="/a b"),
        exchange(target="/snow☃"),
        exchange(method="POST /x"),
        exchange(method=""),
        exchange(headers=((b"accept", b"a\r\nX-Admin: 1"),)),
        exchange(headers=((b"accept", b"a\nX-Admin: 1"),)),
    ],
)
def test_a_record_that_would_not_make_one_request_is_refused(hostile: object) -> None:
    """An imported recording cannot smuggle a second request or header to the candidate."""
    with pytest.raises(RecordError):
        copying().request(hostile)  # type: ignore[arg-type]
