"""Promise 7."""

import asyncio
import json
from pathlib import Path

import redis

from tests.endpoint import Behaviour, Endpoint, Seen, answer
from tests.promises.serving import ONE_PLAN_S, Serving, route
from tests.redis_server import RedisServer

SECRETS = {
    "authorization": "sekret-authorization",
    "cookie": "sekret-cookie",
    "api key": "sekret-api-key",
    "set-cookie": "sekret-set-cookie",
    "query": "sekret-query",
    "proxy": "sekret-proxy",
}
PERSONAL = "jane.doe@personal.example"


def _everything(client: redis.Redis) -> bytes:
    """All keys and all that is in them."""
    found = b""
    for key in client.scan_iter(count=1000):
        kind = client.type(key)
        if kind == b"stream":
            value = client.xrange(key)
        elif kind == b"hash":
            value = client.hgetall(key)
        elif kind == b"list":
            value = client.lrange(key, 0, -1)
        elif kind == b"set":
            value = client.smembers(key)
        elif kind == b"zset":
            value = client.zrange(key, 0, -1, withscores=True)
        else:
            value = client.get(key)
        found += key + repr(value).encode()
    return found


async def _reports(serving: Serving) -> dict[str, str]:
    """In every form that a person may look at."""
    shown = {}
    for form in ("json", "text", "markdown", "html"):
        async with serving.client.get(f"{serving.admin}/api/report?candidate=new&format={form}") as got:
            shown[f"report {form}"] = await got.text()
    return shown


async def test_no_client_credential_is_found_in_redis_a_log_line_or_at_a_candidate_and_no_redacted_field_is_shown(
    production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """Plants secrets and a personal field, then searches store, log, candidate, report, page, metrics and export."""
    production.behaviour = answer(
        b'{"predictions": [0.25], "user": {"mail": "%b"}}' % PERSONAL.encode(),
        "200 OK", "Content-Type: application/json", f"Set-Cookie: s={SECRETS['set-cookie']}",
    )  # fmt: skip
    candidate.behaviour = answer(
        b'{"predictions": [0.75], "user": {"mail": "x%b"}}' % PERSONAL.encode(),
        "200 OK",
        "Content-Type: application/json",
    )
    toml = route(
        production.url, candidate.url, candidate_settings='headers = { Authorization = "env:CANDIDATE_TOKEN" }'
    )
    toml += '[kept]\nredact_pointers = ["/user/mail"]\n'
    toml += 'redact_patterns = ["[a-z.]+@personal[.]example"]\n'
    toml += '[compare]\nunit = "header:Authorization"\n'
    serving = Serving(tmp_path, own_redis.url, toml)
    serving.environment = {**(serving.environment or {}), "CANDIDATE_TOKEN": "Bearer of-the-candidate"}
    async with serving:
        headers = {
            "Authorization": f"Bearer {SECRETS['authorization']}",
            "Cookie": f"session={SECRETS['cookie']}",
            "X-API-Key": SECRETS["api key"],
            "Proxy-Authorization": f"Basic {SECRETS['proxy']}",
            "Content-Type": "application/json",
        }
        body = b'{"x": 1, "user": {"mail": "%b"}}' % PERSONAL.encode()
        for _ in range(5):
            await serving.ask(f"/v1/predict?api_key={SECRETS['query']}&page=1", body=body, headers=headers)
        await serving.settled(sent=5)

        assert production.seen[0].header("Authorization") == f"Bearer {SECRETS['authorization']}"
        assert candidate.seen[0].header("Authorization") == "Bearer of-the-candidate"
        assert candidate.seen[0].line == "POST /v1/predict?page=1 HTTP/1.1"

        with redis.Redis(unix_socket_path=str(own_redis.socket)) as client:
            stored = _everything(client).decode("latin-1")
        shown = await _reports(serving)
        for name in ("/", "/metrics", "/api/coverage", "/api/plans", "/api/candidates", "/api/routes"):
            async with serving.client.get(serving.admin + name) as got:
                shown[name] = await got.text()
        shown["export"] = await serving.command("export", "--route", "root")
        shown["log"] = serving.log
        at_candidate = repr(candidate.seen)

        assert "predictions" in shown["export"]
        for name, secret in SECRETS.items():
            assert secret not in stored, f"{name} is in Redis"
            assert secret not in at_candidate, f"{name} reached the candidate"
        for place, text in shown.items():
            assert text, f"{place} shows nothing"
            for secret in (*SECRETS.values(), "of-the-candidate", PERSONAL):
                assert secret not in text, f"{secret} is shown in {place}"
        assert "of-the-candidate" not in stored


def _granting(app: str) -> Behaviour:
    """A label for each request; for those that come from the app it is this one."""

    async def behave(seen: Seen, writer: asyncio.StreamWriter) -> None:
        label = app if b'"app"' in seen.body else "granted-to-jane"
        body = b'{"predictions": ["%b"]}' % label.encode()
        await answer(body, "200 OK", "Content-Type: application/json")(seen, writer)

    return behave


async def test_what_is_redacted_is_shown_neither_as_a_slice_nor_as_a_label(
    production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """The candidate fails the requests from the app, which are those of one tier: the slice that may be shown is."""
    production.behaviour, candidate.behaviour = _granting("granted-to-jane"), _granting("refused-to-jane")
    toml = route(production.url, candidate.url)
    toml += '[kept]\nredact_pointers = ["/user/tier", "/predictions"]\n'
    async with Serving(tmp_path, own_redis.url, toml) as serving:
        for number in range(900):
            app = number % 5 == 0
            asked = {"channel": "app" if app else "web", "user": {"tier": "tier-of-jane" if app else "tier-of-all"}}
            await serving.ask(body=json.dumps(asked).encode())
            if number == 499:  # those that slices are enumerated from; the others are what they are judged on
                await serving.settled(sent=500)
        await serving.settled(sent=900)
        report = await serving.report()
        assert [each["words"] for each in report["slices"] if each["named"]] == ["channel is 'app'"]
        assert [head["kind"] for plan in report["plans"] for head in plan["heads"]] == ["label"]
        for place, text in (await _reports(serving)).items():
            assert "(redacted)" in text, f"{place} says nothing of the label"
            for secret in ("tier-of", "to-jane"):
                assert secret not in text, f"{secret} is shown in {place}"


async def _everywhere(serving: Serving) -> dict[str, str]:
    """All places where a person may see what the traffic held."""
    shown = await _reports(serving)
    for name in ("/", "/metrics", "/api/coverage", "/api/plans", "/api/candidates", "/api/routes"):
        async with serving.client.get(serving.admin + name) as got:
            shown[name] = await got.text()
    shown["recomputed"] = await serving.command("report", "--candidate", "new", "--recompute", "--format", "json")
    shown["export"] = await serving.command("export", "--route", "root")
    shown["pairs"] = await serving.command("export", "--candidate", "new")
    shown["log"] = serving.log
    return shown


def _hosting(side: bytes) -> Behaviour:
    """Several models at one address, each of which tells its release where its protocol has it."""

    async def behave(seen: Seen, writer: asyncio.StreamWriter) -> None:
        if "infer" in seen.line:
            output = b'{"name": "y", "datatype": "BYTES", "shape": [1], "data": ["%b"]}' % side
            body = b'{"model_name": "m", "model_version": "release-of-jane", "outputs": [%b]}' % output
        else:
            choice = b'{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "%b"}}' % side
            body = b'{"object": "chat.completion", "model": "snapshot-of-jane", "choices": [%b]}' % choice
        await answer(body, "200 OK", "Content-Type: application/json")(seen, writer)

    return behave


async def test_a_model_and_a_version_in_a_redacted_field_are_shown_nowhere(
    production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """Requests that name different models stay kinds of their own, live as recomputed; nobody reads their names."""
    production.behaviour, candidate.behaviour = _hosting(b"a"), _hosting(b"b")
    toml = route(production.url, candidate.url) + '[kept]\nredact_pointers = ["/model", "/model_version"]\n'
    async with Serving(tmp_path, own_redis.url, toml, plan_wait_s=ONE_PLAN_S) as serving:
        for number in range(80):
            asked = {"model": f"tuned-for-jane-{number % 2}", "messages": [{"role": "user", "content": "x"}]}
            await serving.ask("/v1/chat/completions", body=json.dumps(asked).encode())
            await serving.ask("/v2/models/m/infer", body=b'{"inputs": []}')
        await serving.settled(sent=160)
        await serving.exemplified(plans=3)
        shown = await _everywhere(serving)
        assert "plan.decided" in shown["log"]
        kinds = {each["plan"]: each["compared"] for each in json.loads(shown["report json"])["plans"]}
        assert sorted(kinds.values()) == [40, 40, 80]
        assert sum(" model=redacted-" in kind for kind in kinds) == 2
        assert {each["plan"] for each in json.loads(shown["recomputed"])["plans"]} == set(kinds)
        examples = json.loads(shown["report json"])["examples"]
        assert {each["plan"] for each in examples} == set(kinds)
        for place, text in shown.items():
            assert "jane" not in text, f"{place}: {text[max(0, text.find('jane') - 200) :][:400]}"


PLANTED = "sekret-[a-z]+"
OIP = (
    b'{"model_name": "sekret-model", "model_version": "sekret-release", "outputs": ['
    b'{"name": "sekret-output", "datatype": "BYTES", "shape": [1], "data": ["%b"]}]}'
)
CHAT = (
    b'{"object": "chat.completion", "model": "sekret-model", "choices": [{"index": 0, "finish_reason": "stop", '
    b'"message": {"role": "assistant", "content": "sekret-text %b"}}]}'
)
PLAIN = b'{"sekret-name": {"sekret-inner": "sekret-label-%b"}, "sekret-array": ["sekret-item"]}'
ASKED = (
    ("/v2/models/sekret-model/infer?user=sekret-query", b'{"inputs": [{"name": "sekret-feature", "data": ["x"]}]}'),
    ("/v1/sekret-path/score", b'{"sekret-key": "sekret-value"}'),
    ("/v1/chat/completions", b'{"model": "sekret-model", "messages": [{"role": "user", "content": "sekret-prompt"}]}'),
    ("/v1/fails", b"sekret-prose"),
    ("/v1/odd", b'{"sekret-key": 1}'),
)  # fmt: skip


def _planting(side: bytes) -> Behaviour:
    """Answers with something that is not to be seen wherever an answer can hold it."""

    async def behave(seen: Seen, writer: asyncio.StreamWriter) -> None:
        status, body = "200 OK", PLAIN % side
        if "infer" in seen.line:
            body = OIP % (b"sekret-label" + side)
        elif "chat" in seen.line:
            body = CHAT % side
        elif "fails" in seen.line and side == b"b":
            status, body = "500 Internal Server Error", b'{"error": "sekret-error"}'
        elif "odd" in seen.line and side == b"b":
            body = b"sekret-garbage, which is no JSON"
        await answer(body, status, "Content-Type: application/json", f"X-Model-Version: sekret-version{side.decode()}")(
            seen, writer
        )

    return behave


async def test_what_a_pattern_matches_is_shown_nowhere_wherever_the_traffic_put_it(
    production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """In path, query, header, model, version, output, label, key, text, error: in no log, report, page or export."""
    production.behaviour, candidate.behaviour = _planting(b"a"), _planting(b"b")
    toml = route(production.url, candidate.url, candidate_settings='version_header = "x-model-version"')
    toml += f'[kept]\nheaders = ["X-Team"]\nredact_patterns = ["{PLANTED}"]\n'
    async with Serving(tmp_path, own_redis.url, toml) as serving:
        headers = {"Content-Type": "application/json", "X-Team": "sekret-team", "User-Agent": "sekret-agent"}
        for number in range(60):
            path, body = ASKED[number % len(ASKED)]
            await serving.ask(path, body=body, headers=headers)
        await serving.settled(sent=60)
        shown = await _everywhere(serving)
        assert "plan.decided" in shown["log"]
        assert "redacted-" in shown["log"]
        for place, text in shown.items():
            assert "sekret" not in text, f"{place}: {text[max(0, text.find('sekret') - 200) :][:400]}"


ENCODED = (
    "/u/alice%40example.com/s",
    "/v1/models/alice%40example.com:predict",
    "/v1/again/alice%2540example.com",
    "/v1/asked?who=a%6cice%40example.com&for=Alice+Byron",
)


async def test_what_a_pattern_matches_once_it_is_decoded_is_shown_nowhere(
    production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """Clients percent-encode paths, queries and headers; whoever writes a pattern writes what they mean by it."""
    production.behaviour, candidate.behaviour = (answer(b'{"predictions": ["%b"]}' % side) for side in (b"a", b"b"))
    toml = route(production.url, candidate.url)
    toml += '[kept]\nheaders = ["X-Region"]\nredact_patterns = ["[a-z.]+@example[.]com", "Alice Byron"]\n'
    async with Serving(tmp_path, own_redis.url, toml) as serving:
        headers = {"Content-Type": "application/json", "X-Region": "alice%40example.com"}
        for number in range(40):
            await serving.ask(ENCODED[number % len(ENCODED)], body=b'{"instances": [1]}', headers=headers)
        await serving.settled(sent=40)
        shown = await _everywhere(serving)
        assert "plan.decided" in shown["log"]
        assert "redacted-" in shown["log"]
        for place, text in shown.items():
            for hidden in ("lice%", "cice%", "example.com", "Alice"):
                assert hidden not in text, f"{place}: {text[max(0, text.find(hidden) - 200) :][:400]}"
