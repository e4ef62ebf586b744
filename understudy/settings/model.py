"""The settings of the command: one frozen model, composed from the types that each package owns.

Here stands what an operator may write, with its default, unit and help, once. Reading it from TOML, the
environment and flags is loading.py's; rules between settings are checks.py's. Every role gets the same value.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from comparators.settings import CompareSettings
from http1.settings import A_YEAR_S, Seconds, ServerLimits
from proxy.settings import RouteSettings
from records.settings import KeptSettings, RecordingSettings, RedisSettings
from understudy.settings.promotion import PromotionSettings

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["json", "console"]
Role = Literal["proxy", "mirror", "compare", "admin"]
ROLES: tuple[Role, ...] = ("proxy", "mirror", "compare", "admin")


class TlsSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """TLS of the listening socket. Read at the start of each worker: a new certificate needs a restart."""

    cert: Annotated[
        str, Meta(description="PEM file of the certificate and its chain.", examples=["/etc/understudy/tls.crt"])
    ]
    key: Annotated[
        str | None,
        Meta(description="PEM file of the certificate's key, if not in cert.", examples=["/etc/understudy/tls.key"]),
    ] = None
    client_ca: Annotated[
        str | None,
        Meta(
            description="PEM file of an authority: clients must show a certificate that it signed.",
            examples=["/etc/understudy/clients.crt"],
        ),
    ] = None


class OpsSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where each role answers /healthz, /readyz and /metrics; the admin role does so on its own address."""

    proxy: Annotated[
        str | None,
        Meta(
            description="Address of the proxy: host:port. Left out: 127.0.0.1:8082, or a free port if taken.",
            examples=["127.0.0.1:8082"],
        ),
    ] = None
    mirror: Annotated[
        str | None,
        Meta(
            description="Address of the mirror: host:port. Left out: 127.0.0.1:8083, or a free port if taken.",
            examples=["127.0.0.1:8083"],
        ),
    ] = None
    compare: Annotated[
        str | None,
        Meta(
            description="Address of compare: host:port. Left out: 127.0.0.1:8084, or a free port if taken.",
            examples=["127.0.0.1:8084"],
        ),
    ] = None


OPS_DEFAULTS: dict[Role, str] = {"proxy": "127.0.0.1:8082", "mirror": "127.0.0.1:8083", "compare": "127.0.0.1:8084"}


class Route(RouteSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    compare: Annotated[
        CompareSettings | None, Meta(description="How this route's answers are compared. Left out: as `compare` says.")
    ] = None

    def unit_header(self) -> str:
        return self.compare.unit_header() if self.compare is not None else ""

    def headers_rested_on(self) -> tuple[str, ...]:
        """Those by which requests are sampled, told apart, or known to be one user's, as far as settings name any."""
        return (self.sampling.key, *(self.compare.headers_rested_on() if self.compare is not None else ()))


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    listen: Annotated[str, Meta(description="Where clients connect: host:port, or unix:/path.")] = "127.0.0.1:8080"
    tls: Annotated[TlsSettings | None, Meta(description="Serve TLS on `listen`.")] = None
    admin: Annotated[str, Meta(description="Where the admin API answers: host:port.")] = "127.0.0.1:8081"
    admin_hosts: Annotated[
        tuple[str, ...], Meta(description="Host names the admin API answers to, besides its own address and loopback.")
    ] = ()
    admin_url: Annotated[
        str,
        Meta(
            description="Where the admin API is reached, for the links in verdicts. Empty: as each request names it.",
            examples=["https://shadow.example.com"],
        ),
    ] = ""
    admin_read_token: Annotated[
        bool, Meta(description="Whether reading the admin API needs a token, too: that of gate.token, or admin.token.")
    ] = False
    ops: OpsSettings = OpsSettings()
    redis: Annotated[
        str | RedisSettings | None,
        Meta(description="The store: a URL, or a table. Left out: an embedded one in data_dir."),
    ] = None
    data_dir: Annotated[
        str,
        Meta(
            min_length=1, description="Directory of the keys, the counters, and the embedded Redis with the recordings."
        ),
    ] = ".understudy"
    workers: Annotated[
        int, Meta(ge=1, le=256, description="Processes of the proxy; with --role, processes of that role.")
    ] = 1
    drain_delay_s: Annotated[
        float,
        Meta(
            ge=0,
            le=A_YEAR_S,
            description="At a stop: how long a proxy that is unready still accepts clients, for load balancers.",
        ),
    ] = 0.0
    stop_deadline_s: Annotated[
        Seconds, Meta(description="At a stop: longest time for all of it, from unready to the last commit.")
    ] = 25.0
    log_level: Annotated[LogLevel, Meta(description="The lowest level that `serve` logs.")] = "info"
    log_format: Annotated[
        LogFormat | None,
        Meta(
            description="Form of the log on stderr. Left out: console on a terminal, else json.",
            examples=["json"],
        ),
    ] = None
    watchdog_s: Annotated[
        float,
        Meta(
            ge=0,
            le=A_YEAR_S,
            description="The supervisor replaces a worker process, or the embedded Redis, that has been silent for "
            "this long. 0: never.",
        ),
    ] = 30.0
    secret: Annotated[
        str,
        Meta(description="Key of shadow markers and pseudonyms, the same on all hosts. Empty: made in data_dir."),
    ] = ""
    limits: ServerLimits = ServerLimits()
    recording: RecordingSettings = RecordingSettings()
    kept: KeptSettings = KeptSettings()
    credentials: Annotated[
        dict[str, dict[str, str]],
        Meta(description="Sets of headers, by name, that a candidate added at run time may be given."),
    ] = field(default_factory=dict)
    allowed_candidate_hosts: Annotated[
        tuple[str, ...],
        Meta(description="Hosts (* for any characters) a candidate added at run time may have, besides the file's."),
    ] = ("127.0.0.1", "localhost", "::1")
    compare: Annotated[CompareSettings, Meta(description="How answers are compared, on every route.")] = (
        CompareSettings()
    )
    promotion: PromotionSettings = PromotionSettings()
    routes: Annotated[
        tuple[Route, ...],
        Meta(
            description="A path prefix, the endpoint that answers it, and its candidates. There must be at least one."
        ),
    ] = ()


# What SIGHUP takes from the file; anything else needs a restart.
RELOADED = ("routes", "credentials", "allowed_candidate_hosts", "compare", "log_level", "log_format")
