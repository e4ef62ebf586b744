"""Routes, candidates, noise and sampling, as an operator writes them. Composed by understudy/settings/model.py."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from calling.settings import CallSettings, EndpointSettings
from http1.settings import Seconds

DEFAULT_POLICY = "default"
SHORT_NAME = r"^[a-z0-9][a-z0-9_.-]{0,62}\Z"
SHORT_NAME_IN_WORDS = "1 to 63 of a-z, 0-9, _, . and -, beginning with a letter or digit"
ShortName = Annotated[str, Meta(pattern=SHORT_NAME, extra={"right": SHORT_NAME_IN_WORDS})]


class SamplingSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    ratio: Annotated[float, Meta(ge=0, le=1, description="Share of requests that is recorded.")] = 1.0
    key: Annotated[
        str, Meta(description="Header by whose value to sample: requests with one value are all in, or all out.")
    ] = ""


class NoiseSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a share of requests is sent to production once more, to see how often it disagrees with itself (A/A).

    For each candidate: production gets `sample` times the number of candidates more requests.
    """

    sample: Annotated[
        float,
        Meta(
            gt=0,
            le=1,
            description="Share of a candidate's requests that go to production once more; each candidate adds its own.",
            examples=[0.02],
        ),
    ]
    url: Annotated[
        str, Meta(description="A second production endpoint for these calls. Empty: the route's production.")
    ] = ""
    headers: Annotated[
        dict[str, str],
        Meta(description="Headers added to each call, credentials among them; `env:NAME` takes a variable's value."),
    ] = field(default_factory=dict)
    host: Annotated[str, Meta(description="Host header of the call. Empty: the endpoint's own.")] = ""
    timeout_s: Annotated[
        Seconds | None,
        Meta(description="Longest time for the whole call, as a candidate's: what is cut off counts as noise."),
    ] = 30.0
    max_in_flight: Annotated[
        int,
        Meta(
            ge=1,
            le=10_000,
            description="Most calls under way at once, for each mirror and candidate; further pairs go without noise.",
        ),
    ] = 4


class BreakerSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """After `failures` failed calls in a row the candidate is left alone for `pause_s`, then tried with one call."""

    failures: Annotated[
        int, Meta(ge=1, description="How many failed calls, started one after another, open the breaker.")
    ] = 20
    pause_s: Annotated[Seconds, Meta(description="How long the candidate is then left alone.")] = 10.0


class CandidateSettings(CallSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: Annotated[
        str, Meta(description="The candidate's address, written as production's.", examples=["http://127.0.0.1:9002"])
    ]
    name: Annotated[
        ShortName,
        Meta(description="The candidate's name, unique across routes.", examples=["new"]),
    ]
    credentials: Annotated[
        str, Meta(description="Name of a table under `credentials`; its headers are added to each call.")
    ] = ""
    max_lag_s: Annotated[
        Seconds,
        Meta(description="The mirror does not send the candidate older exchanges; they are counted as skipped."),
    ] = 3_600.0
    breaker: BreakerSettings = BreakerSettings()
    start_from: Annotated[
        str, Meta(description="Where in the recording the candidate begins: now, beginning, or an RFC 3339 time.")
    ] = "now"
    paused: Annotated[
        bool, Meta(description="Leave the candidate alone; what is recorded meanwhile is counted as skipped.")
    ] = False
    policy: Annotated[
        str | dict[str, str],
        Meta(
            description="File of the policy that the candidate is judged by, from the working directory, or several "
            "by name. Empty: none.",
            examples=["policy.toml"],
        ),
    ] = ""
    generation: Annotated[
        int, Meta(ge=0, description="Raise it to begin a new epoch; a restart or change at run time does so.")
    ] = 0

    def policies(self) -> dict[str, str]:
        """Files by name; an only one is called DEFAULT_POLICY."""
        if isinstance(self.policy, str):
            return {DEFAULT_POLICY: self.policy} if self.policy else {}
        return self.policy


class RouteSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    prefix: Annotated[
        str,
        Meta(
            pattern="^/",
            extra={"right": "a path, which begins with /"},
            description="Path prefix, up to a segment boundary; the longest that fits wins.",
            examples=["/"],
        ),
    ]
    production: Annotated[
        str | EndpointSettings, Meta(description="The endpoint that answers live traffic: a URL, or a table.")
    ]
    name: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9_.-]{0,64}\Z",
            extra={"right": "at most 64 of A-Z, a-z, 0-9, _, . and -"},
            description="Short name in keys and metrics. Empty: made from the prefix.",
        ),
    ] = ""
    methods: Annotated[
        tuple[str, ...], Meta(description="Methods whose requests are recorded; all methods are served.")
    ] = ("POST",)
    sampling: Annotated[SamplingSettings, Meta(description="Which requests are recorded.")] = SamplingSettings()
    candidates: Annotated[
        tuple[CandidateSettings, ...], Meta(description="The endpoints that are given the same requests.")
    ] = ()
    noise: Annotated[
        NoiseSettings | None,
        Meta(
            description="Ask production twice, for a share of requests. Left out: never; it costs production capacity."
        ),
    ] = None
    host: Annotated[
        Literal["client", "endpoint"],
        Meta(description="Host header that production sees: the client's, or that of production's own address."),
    ] = "client"
    trust_forwarded: Annotated[
        bool, Meta(description="Pass X-Forwarded-* on as they came: whoever set them is trusted.")
    ] = False
    finish_abandoned: Annotated[
        bool, Meta(description="When the client goes away, read production's answer to its end and record it.")
    ] = False
    retry_unsafe: Annotated[
        bool, Meta(description="Also retry a POST once when a kept-alive connection dies before the first answer byte.")
    ] = False
    health_paths: Annotated[
        tuple[str, ...],
        Meta(description="Path patterns (* for any characters) never sampled, besides the well-known ones."),
    ] = ()

    def endpoint(self) -> EndpointSettings:
        if isinstance(self.production, str):
            return EndpointSettings(url=self.production)
        return self.production

    def unit_header(self) -> str:
        """The header whose value says whose a request is; "" for none. Who composes how routes are compared says it."""
        return ""

    def key_name(self) -> str:
        """The route's name in Redis keys, metrics and on the command line."""
        return self.name or self.prefix.strip("/").replace("/", "-") or "root"
