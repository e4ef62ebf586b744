"""Limits and timeouts of connections. Frozen; composed and parsed by understudy/settings."""

from typing import Annotated

from msgspec import Meta, Struct

A_YEAR_S = 31_536_000.0  # a longer one is a slip, or meant as none, which is said by leaving it out
Seconds = Annotated[float, Meta(gt=0, le=A_YEAR_S)]


class ServerLimits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a client may send, and how slowly."""

    max_head_bytes: Annotated[int, Meta(ge=256, description="The proxy refuses a longer request head (431).")] = 65_536
    max_header_count: Annotated[
        int, Meta(ge=1, description="The proxy refuses a request with more header lines (431).")
    ] = 128
    max_target_bytes: Annotated[int, Meta(ge=16, description="The proxy refuses a longer request target (414).")] = (
        16_384
    )
    max_body_bytes: Annotated[
        int | None,
        Meta(description="The proxy refuses a longer request body (413). Left out: no limit.", examples=[104_857_600]),
    ] = None
    head_timeout_s: Annotated[
        Seconds, Meta(description="The proxy refuses a request head that takes longer (408).")
    ] = 10.0
    body_idle_timeout_s: Annotated[
        Seconds, Meta(description="The proxy refuses a request body that stands still for longer (408).")
    ] = 60.0
    keep_alive_s: Annotated[
        Seconds, Meta(description="The proxy closes a client connection that is idle for this long.")
    ] = 75.0
    write_stall_timeout_s: Annotated[
        Seconds, Meta(description="The proxy cuts off a client that reads nothing for this long.")
    ] = 300.0
    max_connections: Annotated[
        int, Meta(ge=1, description="With this many connections open, a worker pauses accepting.")
    ] = 10_000


class ClientSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One endpoint: where it is and how patiently it is asked."""

    url: Annotated[
        str,
        Meta(
            description="http://host[:port][/base], https://…, or unix:/path/to.sock.",
            examples=["http://127.0.0.1:9001"],
        ),
    ]
    connect_timeout_s: Annotated[Seconds, Meta(description="Longest time to open a connection, TLS included.")] = 5.0
    first_byte_timeout_s: Annotated[
        Seconds, Meta(description="Longest time from the last request byte to the first answer byte.")
    ] = 60.0
    idle_timeout_s: Annotated[Seconds, Meta(description="Longest time between two pieces of an answer.")] = 60.0
    timeout_s: Annotated[
        Seconds | None,
        Meta(description="Longest time for the whole call. Left out: no limit on the whole.", examples=[120.0]),
    ] = None
    max_connections: Annotated[int, Meta(ge=1, description="Most connections of each worker to this endpoint.")] = 1_024
    acquire_timeout_s: Annotated[
        Seconds, Meta(description="How long a request waits for a connection when all are in use.")
    ] = 5.0
    keep_alive_s: Annotated[Seconds, Meta(description="A connection that is idle for this long is closed.")] = 60.0
    dns_refresh_s: Annotated[Seconds, Meta(description="The host name is looked up again after this long.")] = 30.0
    tls_ca: Annotated[
        str | None,
        Meta(
            description="PEM file of the authority to trust instead of the system's.",
            examples=["/etc/understudy/model-ca.crt"],
        ),
    ] = None
    tls_cert: Annotated[
        str | None, Meta(description="PEM file of our client certificate.", examples=["/etc/understudy/client.crt"])
    ] = None
    tls_key: Annotated[
        str | None,
        Meta(
            description="PEM file of the certificate's key, if not in tls_cert.",
            examples=["/etc/understudy/client.key"],
        ),
    ] = None
