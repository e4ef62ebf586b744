"""What an operator may write, what wins over what, and what a mistake is answered with."""

from pathlib import Path
from typing import Any

import pytest

from proxy.settings import NoiseSettings
from understudy.settings.checks import check, resolved
from understudy.settings.loading import SettingsError, load
from understudy.settings.model import Settings

ROUTE = '[[routes]]\nprefix = "/"\nproduction = "http://127.0.0.1:9001"\n'
CANDIDATE = '[[routes.candidates]]\nname = "new"\nurl = "http://127.0.0.1:9002"\n'


def read(tmp_path: Path, text: str, environment: dict[str, str] | None = None, flags: Any = None) -> Settings:
    file = tmp_path / "understudy.toml"
    file.write_text(text, "utf-8")
    settings = load(file, environment or {}, flags or {})
    check(settings)
    return resolved(settings, environment or {})


MISTAKES = {
    "unknown at the top": ("lisen = ':1'", "lisen: no such setting; did you mean listen?"),
    "unknown in a table": (
        "[recording]\nmax_byte = 1",
        "recording.max_byte: no such setting; did you mean max_bytes?",
    ),
    "unknown in a route": (
        ROUTE + "smapling = {ratio = 1.0}",
        "routes[0].smapling: no such setting; did you mean sampling?",
    ),
    "nothing close": ("[ops]\nqqq = 1", "ops.qqq: no such setting; there are compare, mirror, proxy"),
    "no unit": (
        "[compare]\nunit = 'X-User'",
        'compare.unit = "X-User": expected header:NAME, or a JSON pointer, which begins with /',
    ),
    "wrong type": ('workers = "two"', 'workers = "two": expected a whole number, not text'),
    "out of range": ("workers = 0", "workers = 0: expected a whole number, at least 1"),
    "deep out of range": (
        ROUTE + CANDIDATE + "max_in_flight = 0",
        "routes[0].candidates[0].max_in_flight = 0: expected a whole number, at least 1",
    ),
    "missing": ("[[routes]]\nprefix = '/'", "routes[0].production: is required"),
    "not one of": (ROUTE + 'host = "mine"', 'routes[0].host = "mine": expected one of client, endpoint'),
    "bad name": (
        ROUTE + CANDIDATE.replace("new", "New!"),
        'routes[0].candidates[0].name = "New!": expected 1 to 63 of a-z, 0-9, _, . and -, '
        "beginning with a letter or digit",
    ),
    "a pointer that is none, deep in a list": (
        "[compare]\nignore = ['/a', 'id']",
        'compare.ignore[1] = "id": expected a JSON pointer, which begins with /',
    ),
    "a pointer that is none, or left out": (
        "[compare]\nslices = [{ pointer = 'id' }]",
        'compare.slices[0].pointer = "id": expected a JSON pointer, which begins with /',
    ),
    "a version that is shown and hidden": (
        "[kept]\nredact_headers = ['x-version']\n" + ROUTE + CANDIDATE + 'version_header = "X-Version"',
        'routes[0].candidates[0].version_header = "X-Version": kept.redact_headers hides this header, and what it '
        "tells is shown: take it out of one of the two",
    ),
    "bad URL": (
        ROUTE.replace("http://127.0.0.1:9001", "localhost:9001"),
        'routes[0].production = "localhost:9001": a URL looks like http://host:8000, https://host or '
        "unix:/path/to.sock",
    ),
    "user info in a URL": (
        ROUTE.replace("http://", "http://joe:hunter2@"),
        'routes[0].production = "http://***@127.0.0.1:9001": a URL must not hold a user or password; set them as a '
        "header of the endpoint",
    ),
    "bad listen": (
        'listen = "8080"',
        'listen = "8080": a listening address looks like 127.0.0.1:8080, [::1]:8080, :8080 or unix:/path/to.sock',
    ),
    "one address for two": (
        'admin = "127.0.0.1:8080"',
        'admin = "127.0.0.1:8080": listen has this address already',
    ),
    "an address for links that is none": (
        'admin_url = "https://me:hunter2@shadow.example.com/?x=1"',
        'admin_url = "https://***@shadow.example.com/?***": expected http:// or https://, a host, and perhaps a path',
    ),
    "bad Redis URL": (
        'redis = "http://me:hunter2@127.0.0.1:6379"',
        'redis = "http://***@127.0.0.1:6379": expected redis://host:port/db, rediss://… for TLS, or unix:///path, '
        "a password percent-encoded",
    ),
    "candidate twice": (
        ROUTE + CANDIDATE + CANDIDATE,
        'routes[0].candidates[1].name = "new": routes[0].candidates[0] has this name already',
    ),
    "candidate twice, in two routes": (
        ROUTE + CANDIDATE + ROUTE.replace('"/"', '"/b"') + CANDIDATE,
        'routes[1].candidates[0].name = "new": routes[0].candidates[0] has this name already',
    ),
    "prefix twice": (
        ROUTE.replace('"/"', '"/a"') + ROUTE.replace('"/"', '"/a/"'),
        'routes[1].prefix = "/a/": routes[0] has this prefix already',
    ),
    "key name twice": (
        ROUTE.replace('"/"', '"/a/b"') + ROUTE.replace('"/"', '"/a-b"'),
        'routes[1].name = "a-b": routes[0] has this name already; give one of them another `name`',
    ),
    "small method": (
        ROUTE + 'methods = ["post"]',
        'routes[0].methods[0] = "post": expected a method in capitals, as POST',
    ),
    "environment not set": (
        ROUTE + CANDIDATE + 'headers = {Authorization = "env:NOT_THERE"}',
        'routes[0].candidates[0].headers.Authorization = "env:NOT_THERE": the environment has no NOT_THERE; set it, '
        "or write the value here",
    ),
    "credentials unknown": (
        ROUTE + CANDIDATE + 'credentials = "gpu"\n[credentials.cpu]\nX-Key = "k"',
        'routes[0].candidates[0].credentials = "gpu": no such table under `credentials`; there are cpu; '
        "did you mean cpu?",
    ),
    "file not there": (
        '[tls]\ncert = "/no/such.pem"\nkey = "/no/such.pem"',
        'tls.cert = "/no/such.pem": there is no such file',
    ),
    "bad start": (
        ROUTE + CANDIDATE + 'start_from = "yesterday"',
        'routes[0].candidates[0].start_from = "yesterday": expected now, beginning, or a time as 2026-01-31T12:00:00Z',
    ),
    "bad pattern": (
        '[kept]\nredact_patterns = ["("]',
        "kept.redact_patterns: '(' is no regular expression: missing ), unterminated subpattern at position 0",
    ),
    "a header that is never kept": (
        '[kept]\nheaders = ["Cookie"]',
        "kept.headers: cookie can't be kept (credentials and framing never are); give the candidate its own in its "
        "`headers`",
    ),
    "two lines in a header": (
        ROUTE + CANDIDATE + 'headers = {X-A = "a\\nhunter2"}',
        "routes[0].candidates[0].headers.X-A: a header's value is one line of printable characters of Latin-1",
    ),
    "a header that no request can hold": (
        ROUTE + CANDIDATE + 'headers = {X-A = "☃"}',
        "routes[0].candidates[0].headers.X-A: a header's value is one line of printable characters of Latin-1",
    ),
    "two lines in a Host": (
        ROUTE + CANDIDATE + 'host = "a\\r\\nX-A: b"',
        "routes[0].candidates[0].host: a header's value is one line of printable characters of Latin-1",
    ),
    "a Host of two": (
        ROUTE + CANDIDATE + 'host = "a,b"',
        'routes[0].candidates[0].host = "a,b": expected one host, with a port where it needs one: model.example, '
        "model.example:8000, [::1]:8000",
    ),
    "a Host with a user, for noise": (
        ROUTE + 'noise = {sample = 0.1, host = "u@h"}',
        "routes[0].noise.host = (not shown): expected one host, with a port where it needs one: model.example, "
        "model.example:8000, [::1]:8000",
    ),
    "a port that is none": (
        ROUTE.replace(":9001", ":0"),
        'routes[0].production = "http://127.0.0.1:0": an endpoint\'s port is 1 to 65535; left out, it is the '
        "scheme's own",
    ),
    "a version of two lines": (
        ROUTE + CANDIDATE + 'version = "1\\n2"',
        "routes[0].candidates[0].version: expected one line of printable text, 256 characters at most",
    ),
    "a build without end": (
        ROUTE + CANDIDATE + f'build = "{"b" * 257}"',
        "routes[0].candidates[0].build: expected one line of printable text, 256 characters at most",
    ),
    "a time beyond a year": (
        ROUTE + CANDIDATE + "timeout_s = 1e300",
        "routes[0].candidates[0].timeout_s = 1e+300: expected a number, at most 31,536,000",
    ),
    "an age that no Redis could count": (
        "[recording]\nmax_age_s = 1e300",
        "recording.max_age_s = 1e+300: expected a number, at most 31,536,000",
    ),
    "a stop beyond a year": (
        "stop_deadline_s = 1e300",
        "stop_deadline_s = 1e+300: expected a number, at most 31,536,000",
    ),
    "noise of nothing": (ROUTE + "noise = {sample = 0}", "routes[0].noise.sample = 0: expected a number, more than 0"),
    "noise of more than all": (
        ROUTE + "noise = {sample = 1.5}",
        "routes[0].noise.sample = 1.5: expected a number, at most 1",
    ),
    "noise without a share": (ROUTE + "noise = {}", "routes[0].noise.sample: is required"),
    "unknown in noise": (
        ROUTE + "noise = {sample = 0.1, header = {}}",
        "routes[0].noise.header: no such setting; did you mean headers?",
    ),
    "bad URL of noise": (
        ROUTE + 'noise = {sample = 0.1, url = "http://joe:hunter2@h"}',
        'routes[0].noise.url = "http://***@h": a URL must not hold a user or password; set them as a header of the '
        "endpoint",
    ),
    "environment not set, for noise": (
        ROUTE + 'noise = {sample = 0.1, headers = {Authorization = "env:NOT_THERE"}}',
        'routes[0].noise.headers.Authorization = "env:NOT_THERE": the environment has no NOT_THERE; set it, or write '
        "the value here",
    ),
    "a reading without outputs": (
        ROUTE + '[[compare.readings]]\npath = "/p"\nprotocol = "chosen"',
        "compare.readings[0]: readings for '/p': protocol 'chosen' needs outputs, as in {score = '/score'}",
    ),
    "a tolerance without effect": (
        ROUTE + '[[compare.heads]]\npointer = "/label"\nkind = "label"\natol = 0.5',
        "compare.heads[0].atol = 0.5: outputs of kind label have no tolerance; those of score and json have",
    ),
    "bad header of noise": (
        ROUTE + 'noise = {sample = 0.1, headers = {"X A" = "hunter2"}}',
        "routes[0].noise.headers.X A: is not a header name",
    ),
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_names_path_value_and_what_would_be_right(tmp_path: Path, text: str, message: str) -> None:
    """Each mistake is answered with the setting's path, the value, and what would be right."""
    with pytest.raises(SettingsError) as raised:
        read(tmp_path, text)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("count", "letters", "message"),
    [
        (513, 5, "routes: there are 513; 512 are counted at most"),
        (
            400,
            200,
            "routes: their names take 80,000 bytes, 28,672 at most; give those of long prefixes a `name`",
        ),
    ],
)
def test_more_routes_than_a_worker_can_count_are_refused(
    tmp_path: Path, count: int, letters: int, message: str
) -> None:
    """Before a worker dies of them: in their number, and in the length of their names."""
    routes = (f'[[routes]]\nprefix = "/{number:0{letters}}"\nproduction = "http://h"\n' for number in range(count))
    with pytest.raises(SettingsError) as raised:
        read(tmp_path, "".join(routes))
    assert str(raised.value) == message


def test_a_bad_pointer_is_refused(tmp_path: Path) -> None:
    """The error names the setting."""
    with pytest.raises(SettingsError, match=r"^kept\.redact_pointers: "):
        read(tmp_path, '[kept]\nredact_pointers = ["a"]')


def test_no_error_shows_a_secret(tmp_path: Path) -> None:
    """A wrong value where a secret may stand is not quoted."""
    for text in (
        ROUTE + CANDIDATE + 'headers = ["hunter2"]',
        ROUTE + 'noise = {sample = 0.1, headers = ["hunter2"]}',
        ROUTE + 'noise = {sample = 0.1, headers = {X-Key = "hunter2\\n"}}',
        'credentials = "hunter2"',
        'secret = ["hunter2"]',
        'redis = "hunter2"',
    ):
        with pytest.raises(SettingsError) as raised:
            read(tmp_path, text)
        assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("value", ["s3cret\n", "a\r\nX-Injected: 1", "nul\0", "kę"])
def test_what_a_variable_holds_must_be_a_headers_value(tmp_path: Path, value: str) -> None:
    """A line end in it would write a header of its own; the value is not printed."""
    text = ROUTE + CANDIDATE + 'headers = {X-Key = "env:KEY"}\n'
    with pytest.raises(SettingsError) as error:
        read(tmp_path, text, {"KEY": value})
    right = "a header's value is one line of printable characters of Latin-1"
    assert str(error.value) == f"routes[0].candidates[0].headers.X-Key: {right}"


def test_the_environment_wins_over_the_file_and_a_flag_over_both(tmp_path: Path) -> None:
    """TOML, UNDERSTUDY_* and flags: the later wins, setting by setting."""
    settings = read(
        tmp_path,
        'workers = 2\ndata_dir = "file"\nadmin = ":1"\n[recording]\nmax_age_s = 5\npartitions = 2',
        {"UNDERSTUDY_DATA_DIR": "variable", "UNDERSTUDY_ADMIN": ":2", "UNDERSTUDY_RECORDING__PARTITIONS": "8"},
        {"admin": ":3"},
    )
    assert (settings.workers, settings.data_dir, settings.admin) == (2, "variable", ":3")
    assert (settings.recording.max_age_s, settings.recording.partitions) == (5, 8)


def test_the_environment_may_hold_lists_and_addresses(tmp_path: Path) -> None:
    """A list is written as JSON; an address that begins with a bracket is not mistaken for one."""
    routes = '[{"prefix": "/", "production": "http://127.0.0.1:9001"}]'
    settings = read(tmp_path, "", {"UNDERSTUDY_ROUTES": routes, "UNDERSTUDY_LISTEN": "[::1]:80"})
    assert settings.routes[0].endpoint().url == "http://127.0.0.1:9001"
    assert settings.listen == "[::1]:80"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("UNDERSTUDY_WORKER", "2", "UNDERSTUDY_WORKER: worker: no such setting; did you mean workers?"),
        ("UNDERSTUDY_WORKERS", "many", 'UNDERSTUDY_WORKERS = "many": workers: expected a whole number'),
        ("UNDERSTUDY_ROUTES", "[{", 'UNDERSTUDY_ROUTES = "[{": routes: expected JSON'),
        ("UNDERSTUDY_WORKERS", "0", "workers = 0: expected a whole number, at least 1"),
    ],
)
def test_a_mistake_in_the_environment_is_refused(tmp_path: Path, name: str, value: str, message: str) -> None:
    """A variable that names no setting, or a bad value in one, is an error, not silence."""
    with pytest.raises(SettingsError) as raised:
        read(tmp_path, "", {name: value})
    assert str(raised.value) == message


def test_service_links_of_kubernetes_are_no_settings(tmp_path: Path) -> None:
    """In a cluster with a service called understudy each pod has such variables; they are left alone."""
    links = {
        "UNDERSTUDY_SERVICE_HOST": "10.0.0.1",
        "UNDERSTUDY_SERVICE_PORT_HTTP": "80",
        "UNDERSTUDY_PORT": "tcp://10.0.0.1:80",
        "UNDERSTUDY_PORT_80_TCP_ADDR": "10.0.0.1",
        "UNDERSTUDY_REDIS_SERVICE_HOST": "10.0.0.2",
    }
    assert read(tmp_path, "", links) == Settings()


def test_a_credential_comes_from_the_environment(tmp_path: Path) -> None:
    """`env:NAME` in a header, of a candidate or of noise, or in a credential is replaced by the variable's value."""
    text = (
        ROUTE + 'noise = {sample = 1, headers = {X-Key = "env:KEY"}}\n' + CANDIDATE + 'headers = {X-Key = "env:KEY"}\n'
    )
    settings = read(tmp_path, text + '[credentials.gpu]\nAuthorization = "env:KEY"', {"KEY": "s3cret"})
    assert settings.routes[0].candidates[0].headers == {"X-Key": "s3cret"}
    assert settings.routes[0].noise == NoiseSettings(sample=1.0, headers={"X-Key": "s3cret"})
    assert settings.credentials == {"gpu": {"Authorization": "s3cret"}}


def test_a_file_that_is_not_toml_is_refused(tmp_path: Path) -> None:
    """The error names the file and what is wrong in it."""
    with pytest.raises(SettingsError, match=r"understudy\.toml.*is not TOML: Invalid value"):
        read(tmp_path, "listen = ")


def test_a_file_that_is_nested_without_end_is_refused(tmp_path: Path) -> None:
    """As one that can't be read."""
    with pytest.raises(SettingsError, match=r"--config = .*nested too deeply"):
        read(tmp_path, "a = " + "[" * 50_000)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The error names the file."""
    with pytest.raises(SettingsError, match=r"--config.*absent\.toml.*No such file"):
        load(tmp_path / "absent.toml", {}, {})


def test_the_proxy_is_told_which_header_says_whose_a_request_is(tmp_path: Path) -> None:
    """By the route's own way to compare, or by that of all routes."""
    own = ROUTE.replace('"/"', '"/own"') + '[routes.compare]\nunit = "/user/id"\n'
    settings = read(tmp_path, f'[compare]\nunit = "header:X-User"\n{ROUTE}{own}')
    assert [route.unit_header() for route in settings.routes] == ["x-user", ""]
