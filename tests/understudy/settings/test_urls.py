"""URLs as they are shown: parsed, not matched, and hidden whole where that can't be done."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.settings.checks import check
from understudy.settings.loading import SettingsError
from understudy.settings.model import Settings
from understudy.settings.urls import HIDDEN, shown_url, without_user

SHOWN = {
    "redis://:it's-secret@h:6379/0": "redis://***@h:6379/0",
    'rediss://u:a "b" c@h/0': "rediss://***@h/0",
    "redis://u:p%40q%2F@[::1]:6379/1": "redis://***@[::1]:6379/1",
    "redis://h:6379/0?db=1&password=p": "redis://h:6379/0?db=1&***",
    "redis://h?p": "redis://h?***",
    "unix:///run/a@b.sock?db=2&password=p": "unix:///run/a@b.sock?db=2&***",
    "unix://u:p@/run/r.sock": "unix://***@/run/r.sock",
    "unix:/run/a@b.sock": "unix:/run/a@b.sock",
    "http://u:p'w@h:80/a": "http://***@h:80/a",
    "http://h/a@b": "http://h/a@b",
    "http://h:80": "http://h:80",
}
UNREADABLE = (
    "redis://:p/w@h/0",  # what parses as host and port is the password's beginning
    "redis://u:80/secret@h/0",
    "redis://u:1?secret@h/0",
    "redis://:pa#ss@h/0",
    "redis://u:p@[::1",
    "http://u:p/w@h",
    "http://h:99999",
    "http://",
    "secret",
    "",
)


@pytest.mark.parametrize("url", SHOWN)
def test_a_url_is_shown_without_user_info(url: str) -> None:
    """Nor with what a query may hold; what names the place stays."""
    assert shown_url(url) == SHOWN[url]


@pytest.mark.parametrize("url", UNREADABLE)
def test_of_an_unreadable_url_nothing_is_shown(url: str) -> None:
    """Where it can't be told where a password ends, it is not guessed."""
    assert shown_url(url) == HIDDEN


@given(user=st.text(max_size=9), middle=st.sampled_from(["'", '"', " ", "/", "?", "#", "[", ":", "@", "\\", "%"]))
def test_no_password_is_ever_shown(user: str, middle: str) -> None:
    """In a URL, an error of the settings, or a log line, whatever characters it has."""
    url = f"redis://{user}:hunter{middle}hunter@host:6379/0"
    shown = [shown_url(url), without_user(url)]
    with pytest.raises(SettingsError) as refused:
        check(Settings(redis=url + "?db=none"))
    assert "hunter" not in "".join((*shown, str(refused.value)))


@pytest.mark.parametrize("setting", ["production", "listen"])
@pytest.mark.parametrize(
    "text", ["http://u:hunter2/x@h", "http://u:hunter2@[h", "u:hunter2@h:80", "http://u:hunter2@h"]
)
def test_no_error_quotes_a_password(setting: str, text: str) -> None:
    """Not even as a part of what was no URL."""
    assert "hunter2" not in str(SettingsError(setting, "expected another", text))
