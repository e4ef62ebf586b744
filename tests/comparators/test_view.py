import re

import pytest
from msgspec import structs

from comparators.compare.label_names import line_of, name_of, shortened
from comparators.extract.version import VARIOUS, ModelVersion
from comparators.plans.plan import Head, Plan
from comparators.settings import ReadingSettings
from comparators.view import View
from tests.comparators.made import view_hiding

KEY = "POST /v1/chat/completions model=customer of ours"
NAMED = Plan(
    method="POST",
    path="/v1/chat/completions",
    model="customer of ours",
    named="customer of ours",
    protocol="openai_chat",
    decided_by="path",
)


def view(
    *pointers: str,
    patterns: tuple[str, ...] = (),
    readings: tuple[ReadingSettings, ...] = (),
    before_storage: bool = False,
) -> View:
    return view_hiding(
        readings, redact_pointers=pointers, redact_patterns=patterns, redact_before_storage=before_storage
    )


@pytest.mark.parametrize("pointer", ["/model", "/*", ""])
def test_a_model_that_requests_name_is_hidden_by_the_place_where_they_name_it(pointer: str) -> None:
    """In a kind's key, in a plan's words and by itself: as one pseudonym, so that equal stays equal."""
    own = view(pointer)
    assert "customer" not in own.key(KEY) + own.plan(NAMED) + own.model(NAMED)
    assert own.key(KEY) == f"POST /v1/chat/completions model={own.model(NAMED)}"
    assert own.plan(NAMED).startswith(own.key(KEY))
    assert view(pointer, before_storage=True).key(own.key(KEY)) == own.key(KEY), "what was stored redacted stays"
    assert own.key(KEY + " too") != own.key(KEY)


@pytest.mark.parametrize("own", [view("/model"), view(patterns=("customer of ours",))])
def test_a_model_named_by_a_pseudonym_is_another_than_the_one_that_this_hides(own: View) -> None:
    """A client may have it from a report: were both called alike, one would have no metrics that anybody finds."""
    copied = own.model(NAMED)
    pretender = structs.replace(NAMED, model=copied, named=copied)
    assert own.model(pretender).startswith("redacted-")
    assert own.key(pretender.key) == f"POST /v1/chat/completions model={own.model(pretender)}"
    assert len({own.key(KEY), own.key(pretender.key)}) == 2
    assert len({own.plan(NAMED), own.plan(pretender)}) == 2


def test_a_path_with_a_pseudonym_in_it_is_another_than_the_one_that_this_hides() -> None:
    """A pattern hides a part of each."""
    own = view(patterns=("alice",))
    keys = ["POST /alice/score", own.key("POST /alice/score")]
    assert len(set(map(own.key, keys))) == 2
    plans = [structs.replace(NAMED, path=key.removeprefix("POST "), model="", named="") for key in keys]
    assert len(set(map(own.plan, plans))) == 2


def test_where_nothing_is_hidden_every_name_is_shown_as_it_is() -> None:
    """One that looks like a pseudonym, too."""
    assert view().key(view("/model").key(KEY)) == view("/model").key(KEY)


def test_a_model_is_shown_where_other_places_are_hidden() -> None:
    """So is * for names that nobody could want to read, whatever is hidden."""
    assert view("/messages", "/user/model", "/0").key(KEY) == KEY
    assert view("/model").key("POST /v1/embeddings model=*") == "POST /v1/embeddings model=*"
    assert view("/model").key("POST /v1/embeddings") == "POST /v1/embeddings"


def test_patterns_hide_in_a_key_as_before() -> None:
    """Only what they match."""
    shown = view(patterns=("customer",)).key(KEY)
    assert "customer" not in shown
    assert shown.endswith(" of ours")


def test_a_version_is_hidden_where_answers_of_its_protocol_tell_it_at_a_hidden_place() -> None:
    """Others tell theirs elsewhere: in a header or a path. Of no protocol in particular, it may be any of them."""
    own = view("/model_version")
    hidden = own.version(ModelVersion("of jane", "build"), "oip_v2")
    assert hidden.version.startswith("redacted-")
    assert hidden.build == "build"
    assert (
        own.version(ModelVersion("of jane"), "oip_generate")
        == own.version(ModelVersion("of jane"), "")
        == ModelVersion(hidden.version)
    )
    assert own.version(ModelVersion("of jane"), "openai_chat") == ModelVersion("of jane")
    assert view("/model").version(ModelVersion("of jane"), "openai_chat") == ModelVersion(hidden.version)
    assert view("/outputs").version(ModelVersion("of jane"), "") == ModelVersion("of jane")
    assert own.version(ModelVersion(), "oip_v2") == ModelVersion()
    assert own.version(VARIOUS, "oip_v2") == VARIOUS


@pytest.mark.parametrize("expression", ["/about/model", "about.model", "*.model", "@.about.model"])
def test_a_version_that_settings_look_for_at_a_hidden_place_is_hidden(expression: str) -> None:
    """By pointer as by expression."""
    settings = ReadingSettings(path="/score", outputs={"score": "/score"}, version=expression)
    told = view("/about/model", readings=(settings,)).version(ModelVersion("of jane"), "chosen")
    assert told.version.startswith("redacted-")
    assert view("/user", readings=(ReadingSettings(path="/*", version="about.model"),)).version(
        ModelVersion("3"), "chosen"
    ) == ModelVersion("3")


def test_a_version_that_was_shortened_is_hidden_where_a_pattern_may_have_found_the_whole() -> None:
    """So is a build; without patterns both are shown by their beginning."""
    told = ModelVersion(shortened("eyJ" + "a" * 200, 128), shortened("b" * 200, 128))
    shown = view(patterns=(r"eyJ\w{150,}",)).version(told, "oip_v2")
    assert shown.version.startswith("redacted-")
    assert shown.build.startswith("redacted-")
    assert view("/user").version(told, "oip_v2") == told


@pytest.mark.parametrize("expression", ["/result/label", "/result", "result.label", "*.label"])
def test_values_of_an_output_that_settings_choose_at_a_hidden_place_are_hidden(expression: str) -> None:
    """Whatever the settings call it; outputs at other places are not."""
    settings = ReadingSettings(path="/score", outputs={"a/b": expression, "score": "/score"})
    hidden = view("/result/label", readings=(settings,)).hidden
    assert hidden("output", "/a~1b")
    assert not hidden("output", "/score")
    assert not hidden("feature", "/a~1b")


@pytest.mark.parametrize(
    ("pointer", "path", "seen"),
    [
        ("/patients", "/patients/Alice Smith", "/patients/"),
        ("/patients", "/patients/a~1HIV/*/n", "/patients/"),
        ("/rows/*/patients", "/rows/*/patients/Alice", "/rows/*/patients/"),
        ("/rows/0", "/rows/*/Alice", "/rows/*/"),
        ("", "/Alice", "/"),
        ("/outputs", "/outputs/Alice", "/outputs/"),
        ("/outputs/*", "/outputs/Alice", "/outputs/"),
        ("/outputs/0/name", "/outputs/Alice/3", "/outputs/"),
    ],
)
def test_keys_below_a_hidden_place_are_pseudonyms_in_a_path(pointer: str, path: str, seen: str) -> None:
    """What stands there is hidden as a whole; a body shows neither its keys nor its values. Others stay apart."""
    shown = view(pointer).shown_path(path)
    assert shown.startswith(f"{seen}redacted-")
    assert "Alice" not in shown
    assert "HIV" not in shown
    assert view(pointer).shown_path(f"{path}2") != shown
    assert view(pointer, before_storage=True).shown_path(shown) == shown, "what was stored redacted stays"
    assert view(pointer).shown_path(shown) != shown, "a client wrote it"


@pytest.mark.parametrize(
    ("pointer", "path"),
    [
        ("/patients", "/patients"),
        ("/patients/*/name", "/patients/Alice/age"),
        ("/outputs/*/data", "/outputs/score"),
        ("/choices", "/choices/*/message/content"),
        ("", ""),
    ],
)
def test_a_path_is_shown_down_to_what_is_hidden(pointer: str, path: str) -> None:
    """It says where; and the names that our readers give to outputs tell nothing of the traffic."""
    assert view(pointer).shown_path(path) == path


def test_keys_of_an_output_that_settings_choose_at_a_hidden_place_are_pseudonyms() -> None:
    """The output keeps the name that the settings gave it, in a path as in a plan's words."""
    settings = ReadingSettings(path="/score", outputs={"who": "/patients"})
    own = view("/patients", readings=(settings,))
    assert own.shown_path("/who") == "/who"
    assert own.shown_path("/who/Alice").startswith("/who/redacted-")
    plan = structs.replace(NAMED, heads=(Head("/patients/Alice", "json", "values"),))
    assert "Alice" not in own.plan(plan)


@pytest.mark.parametrize("pattern", ["alice/smith", "^alice/smith$", "alice~smith|alice/smith"])
def test_a_key_in_a_path_is_asked_as_a_body_has_it(pattern: str) -> None:
    """An escape of the pointer keeps nothing from a pattern, nor do the keys around it."""
    own = view(patterns=(pattern,))
    assert own.shown_path("/patients/alice~1smith/age").startswith("/patients/redacted-")
    assert own.shown_path("/patients/alice~1smith/age").endswith("/age")
    assert own.shown_path("/patients/bob~1smith/age") == "/patients/bob~1smith/age"
    assert own.hidden("feature", "/patients/alice~1smith")


@pytest.mark.parametrize(
    ("pattern", "pointer", "cell"),
    [
        (r'"predictions":\s*\[[^]]*\]', "/predictions", "HIV"),
        (r'"diagnosis":\s*"[^"]*"', "/rows/*/diagnosis", "HIV"),
        (r'"code": \d+', "/code", "42"),
        (r'"data":\s*\[[^]]*\]', "/outputs/label", "HIV"),
        (r'"name":\s*"[^"]*"', "/choices/*/message/content", "call_alice"),
        (r"alice@.*example[.]com", "/who", shortened("alice@" + "x" * 40 + ".example.com")),
        ("müller", "/who", str(name_of("müller "))),
        (r"\d{40}", "/card", str(name_of(10**41))),
        (r"\b1\.0\b", "/rate", str(name_of(1.0))),
        (r"alice\ssmith", "/choices/*/message/content", line_of("alice\u00a0smith")),
        ("^alice\ud800$", "/choices/*/message/content", line_of("alice\ud800")),
    ],
)
def test_a_pattern_that_needs_more_than_a_name_in_a_table_hides_it(pattern: str, pointer: str, cell: str) -> None:
    """The label where it stands in the body; of a long one, whatever may have matched."""
    shown = view(patterns=(pattern,)).shown_cell(pointer, cell)
    assert shown.startswith("redacted-")
    assert view(patterns=(pattern,)).shown_cell(pointer, f"{cell}2") != shown, "other labels stay others"
    assert view("/other").shown_cell(pointer, cell) == cell
    assert view(patterns=("nothing of it",)).shown_cell("/other", "flu") == "flu"


@pytest.mark.parametrize("more", ["müller", r'"label":\s*"[^"]*"'])
def test_what_one_pattern_finds_in_a_cell_keeps_nothing_from_another(more: str) -> None:
    """Be it found without the quotes of the name, or behind its place; else what none finds of the cell stays."""
    cell = str(name_of("bob müller "))
    assert re.fullmatch("redacted-[a-p]{16}", view(patterns=("bob", more)).shown_cell("/label", cell))
    assert view(patterns=("bob",)).shown_cell("/label", "bob smith").endswith(" smith")
