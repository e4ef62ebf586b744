"""The hooks of a promotion, as an operator writes them."""

from pathlib import Path

import pytest

from tests.understudy.settings.test_model import read
from understudy.settings.checks import resolved_hooks
from understudy.settings.loading import SettingsError

HOOK = "[[promotion.hooks]]\nname = 'deploy'\n"
WEBHOOK = HOOK + "url = 'env:URL'\nheaders = { Authorization = 'env:TOKEN' }\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HOOK, "promotion.hooks[0]: expected a command or a url, and not both"),
        (HOOK + "command = ['a']\nurl = 'https://a/'", "promotion.hooks[0]: expected a command or a url, and not both"),
        (HOOK + "command = ['']", "promotion.hooks[0].command: expected a program and its arguments"),
        (HOOK + "url = 'ftp://hunter2/'", "promotion.hooks[0].url: expected http:// or https://"),
        (
            HOOK + "url = 'https://a/'\nheaders = { 'a b' = 'c' }",
            "promotion.hooks[0].headers.a b: is not a header name",
        ),
        ((HOOK + "command = ['a']\n") * 2, 'promotion.hooks[1].name = "deploy": another hook has this name already'),
        (HOOK + "command = ['a']\ntimeout_s = 0", "promotion.hooks[0].timeout_s = 0: expected a number, more than 0"),
    ],
)
def test_a_hook_that_could_not_be_called_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """Before anybody needs it; its URL, which may be a secret, is not shown."""
    with pytest.raises(SettingsError) as refused:
        read(tmp_path, text)
    assert str(refused.value).startswith(said)
    assert "hunter2" not in str(refused.value)


def test_only_who_calls_a_hook_needs_its_variables(tmp_path: Path) -> None:
    """`serve` and the other commands start without them."""
    settings = read(tmp_path, WEBHOOK)
    (hook,) = resolved_hooks(settings, {"URL": "https://deploy.internal/hooks/7f3a", "TOKEN": "Bearer t"})
    assert (hook.url, hook.headers) == ("https://deploy.internal/hooks/7f3a", {"Authorization": "Bearer t"})
    for environment, said in (({}, "the environment has no URL"), ({"URL": "hunter2", "TOKEN": "t"}, "expected http")):
        with pytest.raises(SettingsError, match=said) as refused:
            resolved_hooks(settings, environment)
        assert "hunter2" not in str(refused.value)
