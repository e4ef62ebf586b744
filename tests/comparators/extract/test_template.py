"""Path templates: ids are folded, names of models are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.extract.template import MAX_SEGMENT_CHARS, MAX_SEGMENTS, path_template, path_version


@pytest.mark.parametrize(
    ("target", "template", "model"),
    [
        ("/users/123/score", "/users/*/score", ""),
        ("/users/8e5c2b1a-0a1b-4c3d-9e8f-001122334455/score", "/users/*/score", ""),
        ("/img/9f86d081884c7d659a2feaa0c55ad015", "/img/*", ""),
        ("/day/2026-08-01", "/day/*", ""),
        ("/mail/someone@example.org", "/mail/*", ""),
        ("/session/k3jh4k5jh6k7jh8k9jh0k1", "/session/*", ""),
        ("/users/123:score", "/users/*:score", ""),
        ("/predict/fraud-detector-ensemble-v2-candidate", "/predict/fraud-detector-ensemble-v2-candidate", ""),
        ("/predict/densenet121", "/predict/densenet121", ""),
        ("/" + "x" * 500, "/*", ""),
        ("/a" * 40, "/a" * 16 + "/**", ""),
        ("/" + "1/" * 15 + "1", "/" + "*/" * 15 + "*", ""),
        ("/", "/", ""),
        ("", "/", ""),
        ("/?x=/v2/models/late/infer", "/", ""),
    ],
)
def test_ids_are_folded_and_names_are_not(target, template, model):
    """One kind of request has one template, however many ids it is asked for, and stays short."""
    assert path_template(target) == (template, model)


@pytest.mark.parametrize(
    ("target", "template", "model"),
    [
        ("/v2/models/late/infer", "/v2/models/late/infer", "late"),
        ("/v2/models/late/versions/3/infer", "/v2/models/late/versions/*/infer", "late"),
        ("/ml/v2/models/7/infer?x=1", "/ml/v2/models/7/infer", "7"),
        (
            "/v2/models/9f86d081884c7d65/generate_stream",
            "/v2/models/9f86d081884c7d65/generate_stream",
            "9f86d081884c7d65",
        ),
        ("/v2/models/late@3", "/v2/models/late@3", "late@3"),
        ("/v1/models/2026:predict", "/v1/models/2026:predict", "2026"),
        ("/v1/models/late/versions/3:predict", "/v1/models/late/versions/*:predict", "late"),
        ("/v1/models/7/labels/stable:classify", "/v1/models/7/labels/stable:classify", "7"),
        ("/v1/models/late:3:predict", "/v1/models/late:3:predict", "late:3"),
        ("/v1/models/gpt-4o", "/v1/models/gpt-4o", "gpt-4o"),
        ("/predictions/20260801", "/predictions/20260801", "20260801"),
        ("/predictions/resnet-18/2.0", "/predictions/resnet-18/*", "resnet-18"),
        ("/v2/models/late/versions/v0.1.0/infer", "/v2/models/late/versions/*/infer", "late"),
        ("/explanations/7", "/explanations/7", "7"),
        ("/models/8e5c2b1a0a1b4c3d/invoke", "/models/8e5c2b1a0a1b4c3d/invoke", "8e5c2b1a0a1b4c3d"),
        ("/endpoints/late-2026/invocations", "/endpoints/late-2026/invocations", "late-2026"),
        ("/v1/projects/17/endpoints/4711:predict", "/v1/projects/*/endpoints/4711:predict", "4711"),
        ("/serving-endpoints/7/invocations", "/serving-endpoints/7/invocations", "7"),
        ("/openai/deployments/7/chat/completions", "/openai/deployments/7/chat/completions", "7"),
    ],
)
def test_a_models_name_is_kept_whatever_it_looks_like(target, template, model):
    """Two models behind one prefix are two kinds of request, even where their names are numbers or digests."""
    assert path_template(target) == (template, model)


@pytest.mark.parametrize(
    ("target", "version"),
    [
        ("/v1/models/late/versions/3:predict", "3"),
        ("/v1/models/late/versions/3?x=1", "3"),
        ("/v2/models/late/versions/v0.1.0/infer", "v0.1.0"),
        ("/predictions/resnet-18/2.0", "2.0"),
        ("/v1/models/late/labels/stable:predict", ""),
        ("/v1/models/late:predict", ""),
        ("/v2/models/late/infer", ""),
        ("/predictions/resnet-18", ""),
        ("/models/late/invoke", ""),
        ("/v1/chat/completions", ""),
    ],
)
def test_a_version_in_the_path_is_a_version(target, version):
    """It splits no kind of request, whatever it looks like."""
    assert path_version(target) == version


@pytest.mark.parametrize(
    "target", ["/users/17/predictions/18", "/predictions", "/predictions/a/b/c", "/v2/models/", "/v1/models"]
)
def test_other_paths_have_no_model(target):
    """Predictions of a user, in an application of one's own, are numbered: their ids fold."""
    template, model = path_template(target)
    assert model == ""
    assert "18" not in template


def test_a_name_that_is_too_long_is_folded():
    """Names come from clients, too; a beginning would pass by patterns that hide the whole."""
    name = "n" * 65
    assert path_template(f"/v2/models/{name}/infer") == ("/v2/models/*/infer", "*")
    assert path_template(f"/v1/models/{name}:predict") == ("/v1/models/*:predict", "*")


def test_only_the_models_own_segment_is_kept():
    """An id that happens to be the same folds."""
    assert path_template("/tenants/7/v2/models/7/versions/7/infer")[0] == "/tenants/*/v2/models/7/versions/*/infer"


@given(st.text(st.sampled_from("/:1a@-%vmodels2?"), max_size=200) | st.text(max_size=50))
def test_templates_are_bounded_whatever_is_asked(target):
    """Segments, and characters of each."""
    template, model = path_template(f"/v1/models/{target}")
    parts = template.split("/")[1:]
    assert len(parts) <= MAX_SEGMENTS + 1
    assert all(len(part) <= MAX_SEGMENT_CHARS + 33 for part in parts)
    assert len(model) <= MAX_SEGMENT_CHARS


@given(st.text(st.characters(exclude_characters="/?", codec="utf-8"), min_size=1, max_size=64))
def test_any_models_name_is_its_own_template(name):
    """Whatever an operator calls a model, no other one shares its template."""
    assert path_template(f"/v2/models/{name}/infer") == (f"/v2/models/{name}/infer", name)
