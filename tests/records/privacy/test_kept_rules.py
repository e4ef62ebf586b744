"""What may be kept: an allow list of headers, and queries without credentials."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.privacy.kept_rules import KeptRules, looks_like_a_credential
from records.settings import KeptSettings

KEPT = KeptRules.create(KeptSettings())


def test_headers_outside_the_list_are_not_kept() -> None:
    """Credentials and headers nobody thought of go to production alone."""
    headers = [
        (b"Authorization", b"Bearer s3cret"),
        (b"COOKIE", b"session=1"),
        (b"X-API-Key", b"s3cret"),
        (b"X-Forwarded-For", b"10.0.0.1"),
        (b"Host", b"models"),
    ]
    assert KEPT.request_headers(headers) == ()


def test_headers_of_the_list_are_kept_in_lower_case_and_in_order() -> None:
    """What a candidate needs to read the request is kept as it came, repeated lines too."""
    headers = [
        (b"Content-TYPE", b"application/json"),
        (b"accept", b"text/html"),
        (b"Accept", b"*/*"),
        (b"X-Request-ID", b"42"),
        (b"traceparent", b"00-1-2-01"),
        (b"Inference-Header-Content-Length", b"99"),
    ]
    assert KEPT.request_headers(headers) == (
        (b"content-type", b"application/json"),
        (b"accept", b"text/html"),
        (b"accept", b"*/*"),
        (b"x-request-id", b"42"),
        (b"traceparent", b"00-1-2-01"),
        (b"inference-header-content-length", b"99"),
    )


def test_configured_headers_are_kept_besides() -> None:
    """An operator adds to the list of request headers, of answer headers, and of version headers."""
    kept = KeptRules.create(KeptSettings(headers=("X-Tenant",), answer_headers=("X-Drift",)), ("X-Build", ""))
    assert kept.request_headers([(b"x-tenant", b"a"), (b"x-drift", b"b")]) == ((b"x-tenant", b"a"),)
    answer = [(b"X-Drift", b"b"), (b"X-Build", b"c"), (b"X-Tenant", b"a")]
    assert kept.answer_headers(answer) == ((b"x-drift", b"b"), (b"x-build", b"c"))


def test_set_cookie_of_an_answer_is_not_kept() -> None:
    """An answer's content and version headers are kept, its cookies are not."""
    answer = [(b"Set-Cookie", b"session=1"), (b"Content-Type", b"text/plain"), (b"X-Model-Version", b"7")]
    assert KEPT.answer_headers(answer) == ((b"content-type", b"text/plain"), (b"x-model-version", b"7"))


@pytest.mark.parametrize("name", ["Authorization", "cookie", "Transfer-Encoding", "Host"])
def test_credentials_and_framing_cannot_be_configured(name: str) -> None:
    """Asking to keep a client's credentials or a connection's framing is refused with the setting's name."""
    with pytest.raises(ValueError, match=rf"kept\.headers: {name.lower()} can't be kept"):
        KeptRules.create(KeptSettings(headers=(name,)))


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("/infer?token=x", "/infer"),
        ("/infer?token=x&a=1", "/infer?a=1"),
        ("/infer?a=1&token=x", "/infer?a=1"),
        ("/infer?a=1&api_key=x&b=2", "/infer?a=1&b=2"),
        ("/infer?a=1;token=x&b=2", "/infer?a=1&b=2"),
        ("/infer?%74oken=x", "/infer"),
        ("/infer?Access%5FToken=x", "/infer"),
        ("/infer?token", "/infer"),
        ("/infer?token=x&token=y&&b", "/infer?&b"),
        ("/infer?a=b?token=x", "/infer?a=b?token=x"),
    ],
)
def test_credentials_are_dropped_from_a_query(target: str, kept: str) -> None:
    """Wherever it stands and however it is spelled, a credential is dropped with one separator."""
    assert KEPT.target(target) == kept


@pytest.mark.parametrize(
    "target",
    ["/infer", "/infer?", "/infer?a=%20b+c&&d;e=&=f", "/token/key?max_tokens=5&sort_key=a", "*", "/?tokenizer=bpe"],
)
def test_a_target_without_credentials_stays_to_the_byte(target: str) -> None:
    """Empty parameters, odd separators and escapes are left as they came."""
    assert KEPT.target(target) == target


@pytest.mark.parametrize(
    "name",
    [
        "token", "access_token", "id-token", "client_secret", "apikey", "api-key", "X-API-Key", "key", "password",
        "passwd", "pwd", "X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token", "X-Goog-Signature", "sig",
        "auth", "Authorization", "jwt", "subscription-key", "sessionId", "sid",
    ],
)  # fmt: skip
def test_names_of_credentials_are_known(name: str) -> None:
    """The names under which clouds, gateways and frameworks pass credentials in a query."""
    assert looks_like_a_credential(name)


@pytest.mark.parametrize("name", ["max_tokens", "author", "keyword", "signal", "passenger", "keys", "monkey", "code"])
def test_names_of_inputs_are_no_credentials(name: str) -> None:
    """Inputs of a model whose names only resemble credentials reach the candidate."""
    assert not looks_like_a_credential(name)


@given(st.text(alphabet="ab=&;?%+", max_size=30))
def test_dropping_nothing_changes_nothing(query: str) -> None:
    """Any query of harmless names stays as it is."""
    assert KEPT.target(f"/p?{query}") == f"/p?{query}"


@given(st.lists(st.sampled_from(["a=1", "token=t0p", "", "b", "key=t0p", "c=%3D"]), max_size=6), st.data())
def test_no_credential_passes_and_every_other_parameter_does(parameters: list[str], data: st.DataObject) -> None:
    """Over any mix of parameters and separators: credentials go, the rest stays, in order."""
    query = ""
    for parameter in parameters:
        query += (data.draw(st.sampled_from("&;")) if query else "") + parameter
    kept = KEPT.target(f"/p?{query}").partition("?")[2].replace(";", "&").split("&")
    wanted = [p for p in parameters if p and "t0p" not in p]
    assert [p for p in kept if p] == wanted
