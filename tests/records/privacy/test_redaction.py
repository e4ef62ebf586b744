"""What a person must not see is not there; equal stays equal."""

import gzip
import json
import re
from urllib.parse import quote, unquote, unquote_plus

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.nouns import Answer, Body, Exchange, Failure, Headers, Observation, Pair, Request, Timings
from records.privacy.redaction import Redaction
from records.settings import KeptSettings
from tests.records.nouns_made_up import pairs

KEY = b"k" * 32
CARD = r"\b\d{16}\b"
MAIL = r"[\w.+-]+@[\w.-]+"
JSON_TYPE = ((b"content-type", b"application/json"),)


def redaction(key: bytes = KEY, **settings: object) -> Redaction:
    return Redaction.create(KeptSettings(**settings), key)  # type: ignore[arg-type]


def observed(body: bytes, headers: Headers = JSON_TYPE, cut: bool = False) -> Observation:
    return Observation(
        wall_ns=1,
        timings=Timings(),
        outcome=Answer(200, headers, Body(body, len(body) + cut, cut)),
        in_flight=1,
        loop_lag_ns=0,
        reader_paused=False,
    )


def exchange(body: bytes = b"{}", target: str = "/p", headers: Headers = JSON_TYPE) -> Exchange:
    return Exchange(
        id="e1",
        route="r",
        revision=1,
        request=Request("POST", target, headers, Body(body, len(body))),
        production=observed(b"{}"),
    )


def body_of(observation: Observation) -> bytes:
    assert isinstance(observation.outcome, Answer)
    return observation.outcome.body.data


def shown(rules: Redaction, body: bytes, headers: Headers = JSON_TYPE, cut: bool = False) -> bytes:
    return body_of(rules.observation(observed(body, headers, cut)))


def test_what_an_endpoint_called_itself_is_hidden_too() -> None:
    """Version and build come in its headers, with a failure as well, and settings name them; so does whatever stands
    for a method.
    """
    rules = redaction(redact_patterns=("sekret",))
    for outcome in (observed(b"{}").outcome, Failure("timeout", "after 5 s")):
        for names in (("version", "build"), ("declared_version", "declared_build")):
            named = dict(zip(names, ("sekret-1", "of sekret"), strict=True))
            told = rules.observation(msgspec.structs.replace(observed(b""), outcome=outcome, **named))
            assert "sekret" not in str(told)
            assert getattr(told, names[1]).startswith("of redacted-")
    asked = exchange()
    odd = msgspec.structs.replace(asked, request=msgspec.structs.replace(asked.request, method="sekret"))
    assert rules.exchange(odd).request.method.startswith("redacted-")


def test_without_rules_nothing_is_touched() -> None:
    """Where nothing is configured, the very same noun comes back."""
    one = exchange(b'{"a": 1.0}')
    assert redaction().exchange(one) is one
    assert not redaction().hides_anything


def test_a_pointer_hides_its_value_in_request_and_answers() -> None:
    """The same pointers hold for the request's body, the candidate's and production's, of both its answers."""
    rules = redaction(redact_pointers=("/user",))
    body = b'{"user":"ada","x":1}'
    one = exchange(body)
    pair = Pair(
        exchange=one,
        candidate="c",
        generation=1,
        observation=observed(body),
        queue_delay_ns=0,
        warming_up=False,
        noise=observed(body),
    )
    seen = rules.pair(pair)
    assert seen.noise is not None
    for data in (seen.exchange.request.body.data, body_of(seen.observation), body_of(seen.noise)):
        assert re.fullmatch(rb'\{"user":"redacted-[a-p]{16}","x":1\}', data)
    assert b"ada" not in repr(seen).encode()


def test_equal_stays_equal_and_different_stays_different() -> None:
    """Two mentions of one value share a pseudonym, in a body, a header and a query alike."""
    rules = redaction(redact_pointers=("/*",), redact_headers=("X-User",), redact_query=("user",))
    document = json.loads(shown(rules, b'{"a":"ada","b":"ada","c":"bob"}'))
    assert document["a"] == document["b"] != document["c"]
    seen = rules.exchange(exchange(target="/p?user=ada&x=1", headers=((b"x-user", b"ada"),)))
    assert seen.request.headers == ((b"x-user", document["a"].encode()),)
    assert seen.request.target == f"/p?user={document['a']}&x=1"


def test_numbers_are_equal_by_value_and_never_to_texts() -> None:
    """1 and 1.0 are one value; "1" and true are others."""
    rules = redaction()
    assert rules.pseudonym(1) == rules.pseudonym(1.0)
    assert rules.pseudonym([1, {"a": 2.0}]) == rules.pseudonym([1.0, {"a": 2}])
    assert len({rules.pseudonym(value) for value in (1, "1", True, None, [1], 1.5)}) == 6


def test_another_key_gives_another_pseudonym() -> None:
    """Without the installation's key a pseudonym can't be guessed from a list of values."""
    assert redaction().pseudonym("ada") != redaction(key=b"q" * 32).pseudonym("ada")


def test_a_pattern_hides_what_it_matches_everywhere() -> None:
    """In texts, names and numbers of a document, in the target, percent-encoded too, and in header values."""
    rules = redaction(redact_patterns=(CARD, MAIL))
    body = b'{"ada@x.org":0,"m":"mail ada@x.org now","n":4111111111111111,"e":"\\u0061da@x.org","ok":12.50}'
    seen = rules.exchange(
        exchange(body, "/of/ada%40x.org?to=ada@x.org", ((b"user-agent", b"bot (ada@x.org)"),)),
    )
    everything = repr(seen.request)
    assert "ada" not in everything
    assert "4111" not in everything
    document = json.loads(seen.request.body.data)
    assert document["ok"] == 12.5
    assert document["e"] in document
    assert document["m"] == f"mail {document['e']} now"
    assert seen.request.headers[0][1].startswith(b"bot (redacted-")


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("ada%40x.org", "ada@x.org"),
        ("a%64a@x%2Eorg", "ada@x.org"),
        ("a%64a@x%2eorg", "ada@x.org"),
        ("ada%2540x.org", "ada@x.org"),
        ("%61da%252540x%2Eorg", "ada@x.org"),
        ("%2561d%61%40x.org", "ada@x.org"),
        ("%FFada%40x.org", None),
        ("Jos%C3%A9", "José"),
        ("Jos%c3%a9", "José"),
        ("Jos%25C3%A9", "José"),
        ("%F0%9F%A6%8A", "\N{FOX FACE}"),
        ("Ada+Byron", "Ada Byron"),
        ("Ada%20Byron", "Ada Byron"),
        ("Ada%2BByron", "Ada Byron"),
        ("Ada%252BByron", "Ada Byron"),
        ("Ada+King%2B1", "Ada King+1"),
        ("Ada%20King+1", "Ada King+1"),
    ],
)
def test_a_pattern_finds_what_is_percent_encoded_and_equal_stays_equal(written: str, plain: str | None) -> None:
    """However often and in whichever letters it was encoded; one value has one pseudonym, and the rest stays."""
    rules = redaction(redact_patterns=("ada@x[.]org", "José", "\N{FOX FACE}", "Ada Byron", r"Ada King[+]1"))
    pseudonym = rules.text(plain or "ada@x.org")
    rest = "%FF" if plain is None else ""
    assert rules.text(f"POST /u/{written}/s%20t") == f"POST /u/{rest}{pseudonym}/s%20t"
    assert rules.target(f"/u?a=%26+%2B&q={written}&b=%41") == f"/u?a=%26+%2B&q={rest}{pseudonym}&b=%41"
    assert rules.document([f"={written};"]) == [f"={rest}{pseudonym};"]
    assert shown(rules, f"q={written}&b=%41".encode(), ()) == f"q={rest}{pseudonym}&b=%41".encode()
    header = rules.exchange(exchange(headers=((b"x-region", written.encode()),))).request.headers[0]
    assert header == (b"x-region", f"{rest}{pseudonym}".encode())


@pytest.mark.parametrize("text", ["100 %", "a%2", "%zz%FF%C3(", "1+1=2", "%41%2542", "%ED%A0%80", "%C0%80", "%", "+"])
def test_text_that_hides_nothing_stays_as_it_was_written(text: str) -> None:
    """A per cent sign, half an octet, octets that are no UTF-8, and what is encoded but not to be hidden."""
    assert redaction(redact_patterns=("ada", "Ada King")).text(text) == text


@pytest.mark.parametrize("layers", [1, 2, 3, 4, 5, 50])
def test_what_is_encoded_without_end_is_hidden_whole(layers: int) -> None:
    """Nobody decodes it so often, so nobody could tell what is in it; nothing that was to be hidden shows."""
    text = "/u/ada%" + "25" * (layers - 1) + "40x.org"
    assert "ada" not in redaction(redact_patterns=("ada@x[.]org",)).text(text)


@given(st.text(alphabet="ada@x.org%2540+é &=/"), st.integers(0, 3))
def test_nothing_of_a_match_is_left_in_any_reading(text: str, times: int) -> None:
    """A text, encoded any number of times, is shown so that no decoder finds a match in it."""
    for _ in range(times):
        text = quote(text, safe="")
    shown_text = redaction(redact_patterns=("a@x", "d a")).text(text)
    for _ in range(6):
        assert "a@x" not in shown_text
        assert "d a" not in shown_text
        shown_text = unquote(shown_text)
    assert "d a" not in unquote_plus(shown_text)


def test_a_header_in_utf_8_is_searched_as_such() -> None:
    """A pattern is written in characters: a value in UTF-8 is read so, any other as Latin-1."""
    rules = redaction(redact_patterns=("José",))
    for coding in ("utf-8", "latin-1"):
        seen = rules.exchange(exchange(headers=((b"x-name", "é José".encode(coding)),))).request.headers[0]
        assert seen == (b"x-name", f"é {rules.text('José')}".encode(coding))


def test_a_pattern_over_a_name_and_its_value_hides_both() -> None:
    """A pattern written against the raw text of a document still works."""
    rules = redaction(redact_patterns=(r'"pin": ?"\d+"',))
    assert b"1234" not in shown(rules, b'{"pin": "1234", "x": 1}')


@pytest.mark.parametrize(
    "body",
    [b"user=ada", b'{"user": "ada"', b'{"user":"ada","user":"bob"}', b"\xff\xfeada", b'"ada"\0', b"[" * 5000 + b"ada"],
    ids=["form", "cut JSON", "a name twice", "not UTF-8", "NUL", "too deep"],
)
def test_what_cannot_be_read_is_hidden_whole_where_pointers_are_configured(body: bytes) -> None:
    """A pointer can't be followed there, so nothing of the body is shown."""
    assert re.fullmatch(rb"redacted-[a-p]{16}", shown(redaction(redact_pointers=("/user",)), body))


@pytest.mark.parametrize(
    "body",
    [
        "ada@x.org".encode("utf-16"),
        b"\xe9 ada@x.org",
        b'{"a":1,"a":"\\u0061da@x.org"}',
        b"data: \\u0061da\\u0040x.org",
        b"data: ada\\u002540x.org",
    ],
    ids=["UTF-16", "Latin-1", "a name twice", "escaped event stream", "escaped twice over"],
)
def test_what_an_escape_keeps_from_a_pattern_is_hidden_whole(body: bytes) -> None:
    """Text whose matches can't be seen as written is not shown at all."""
    assert re.fullmatch(rb"redacted-[a-p]{16}", shown(redaction(redact_patterns=(MAIL,)), body))


def test_prose_is_shown_without_its_matches() -> None:
    """Text that is not JSON keeps everything that no pattern matches."""
    seen = shown(redaction(redact_patterns=(MAIL,)), b"write to ada@x.org, 100% sure")
    assert re.fullmatch(rb"write to redacted-[a-p]{16}, 100% sure", seen)


def test_a_coded_body_is_searched_behind_its_coding() -> None:
    """A gzip body is shown as plain text, redacted, and no longer called gzip; br is hidden whole."""
    rules = redaction(redact_pointers=("/user",))
    headers = (*JSON_TYPE, (b"content-encoding", b"gzip"))
    seen = rules.observation(observed(gzip.compress(b'{"user":"ada"}'), headers)).outcome
    assert isinstance(seen, Answer)
    assert json.loads(seen.body.data)["user"].startswith("redacted-")
    assert seen.headers == JSON_TYPE
    assert seen.body.size == len(seen.body.data)
    hidden = shown(rules, b"\x0b\x02\x80ada", (*JSON_TYPE, (b"content-encoding", b"br")))
    assert re.fullmatch(rb"redacted-[a-p]{16}", hidden)


def test_a_cut_body_is_hidden_whole() -> None:
    """Its end may be the half of something that a pattern would have matched."""
    seen = redaction(redact_patterns=(CARD,)).observation(observed(b"card 41111111", cut=True)).outcome
    assert isinstance(seen, Answer)
    assert re.fullmatch(rb"redacted-[a-p]{16}", seen.body.data)
    assert (seen.body.size, seen.body.cut) == (14, True)


def test_a_body_in_which_nothing_is_to_be_hidden_stays_to_the_byte() -> None:
    """Spaces, the spelling of numbers and NaN are left where no rule meets them."""
    body = b'{ "score": 1.50, "n": 1e2, "x": NaN, "big": 123456789012345678901234567890 }'
    assert shown(redaction(redact_pointers=("/user",), redact_patterns=(MAIL,)), body) == body


def test_half_of_a_surrogate_pair_survives() -> None:
    """JSON may hold it as an escape; hiding something beside it does not trip over it."""
    seen = shown(redaction(redact_pointers=("/user",)), rb'{"user":"ada","x":"\ud800","y":"\u00e9"}')
    assert json.loads(seen)["x"] == "\ud800"
    assert json.loads(seen)["y"] == "é"


def test_hiding_twice_is_hiding_once() -> None:
    """What was redacted before storage keeps its pseudonyms when it is exported."""
    rules = redaction(
        redact_pointers=("/user", "/card"),
        redact_patterns=(CARD, MAIL),
        redact_headers=("x-user",),
        redact_query=("user",),
    )
    once = rules.exchange(exchange(b'{"user":{"a":1},"card":"1","m":"a@b.c"}', "/p?user=a", ((b"x-user", b"ada"),)))
    assert rules.exchange(once) == once


def test_a_failure_has_nothing_to_hide() -> None:
    """Its words are ours."""
    failed = observed(b"")
    failure = Observation(
        wall_ns=1,
        timings=failed.timings,
        outcome=Failure("timeout", "after 5 s"),
        in_flight=1,
        loop_lag_ns=0,
        reader_paused=False,
    )
    assert redaction(redact_patterns=(".",)).observation(failure) is failure


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"redact_patterns": ("(",)}, r"kept\.redact_patterns: '\(' is no regular expression"),
        ({"redact_pointers": ("a",)}, r"kept\.redact_pointers: 'a' is no JSON pointer"),
    ],
)
def test_rules_that_cannot_be_read_are_refused(settings: dict[str, tuple[str]], message: str) -> None:
    """A mistake in the settings is named at start, never skipped."""
    with pytest.raises(ValueError, match=message):
        redaction(**settings)


def test_a_short_key_is_refused() -> None:
    """A key that could be guessed is none."""
    with pytest.raises(ValueError, match="it needs 16 or more"):
        redaction(key=b"short")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(JSON_VALUES, JSON_VALUES, st.booleans())
def test_no_planted_value_is_seen(document: object, beside: object, escaped: bool) -> None:
    """Wherever a secret stands in a document, behind a pointer or a pattern, it is not shown."""
    body = json.dumps({"secret": [document, "planted"], "o": [beside, "q-planted-q"]}, ensure_ascii=escaped)
    rules = redaction(redact_pointers=("/secret",), redact_patterns=("planted",))
    assert b"planted" not in shown(rules, body.encode("utf-8", "backslashreplace"))


@given(pairs)
def test_any_pair_is_redacted_without_a_fault(pair: Pair) -> None:
    """Whatever was recorded, redaction ends in a pair with the same ids and timings."""
    rules = redaction(redact_pointers=("/a",), redact_patterns=("x",), redact_headers=("a",), redact_query=("q",))
    seen = rules.pair(pair)
    assert (seen.exchange.id, seen.candidate) == (pair.exchange.id, pair.candidate)
    assert seen.observation.timings == pair.observation.timings


def test_what_would_fill_the_memory_is_hidden_whole() -> None:
    """A few kilobytes of gzip that parse to hundreds of megabytes are not searched."""
    bomb = gzip.compress(b"[" + b",".join([b"[]"] * 4_000_000) + b"]")
    hidden = shown(redaction(redact_pointers=("/a",)), bomb, (*JSON_TYPE, (b"content-encoding", b"gzip")))
    assert hidden.startswith(b"redacted-")
    assert len(hidden) < 100


@pytest.mark.parametrize(("pointer", "is_hidden"), [("/model", True), ("/*", True), ("", True), ("/models", False)])
def test_a_member_shown_by_itself_is_hidden_by_the_pointers_that_reach_it(pointer: str, is_hidden: bool) -> None:
    """As it is in the body, so that equal stays equal."""
    redaction = Redaction.create(KeptSettings(redact_pointers=(pointer,)), b"k" * 32)
    shown = redaction.member("model", "of jane")
    assert shown == (redaction.pseudonym("of jane") if is_hidden else "of jane")
    assert redaction.member("model", shown) == shown


@pytest.mark.parametrize("settings", [{"redact_patterns": ("s3cret",)}, {"redact_pointers": ("/*/*",)}])
def test_nesting_that_is_too_deep_to_be_searched_is_hidden_whole(settings: dict[str, tuple[str]]) -> None:
    """However deep, and whichever step it is too deep for: there is no depth at which a value stays in sight."""
    rules = redaction(**settings)
    for depth in [*range(2, 1_500, 7), 100_000]:
        seen = shown(rules, b"[" * depth + rb'"s\u0033cret"' + b"]" * depth)
        assert b"cret" not in seen, depth
        assert b"redacted-" in seen, depth
    assert seen.startswith(b"redacted-")
