"""What an operator may choose about recording, the store, and what may be seen. Composed by understudy/settings."""

from typing import Annotated

from msgspec import Meta, Struct

Seconds = Annotated[float, Meta(gt=0, le=31_536_000)]  # a year: Redis is told it in whole milliseconds


class RecordingSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds of what is recorded. The streams are held to both, bytes and age, readers alive or not."""

    max_bytes: Annotated[
        int, Meta(ge=65_536, description="Bound of the recorded exchanges, over all routes; the oldest are dropped.")
    ] = 536_870_912
    max_pairs_bytes: Annotated[
        int, Meta(ge=65_536, description="Bound of each candidate's recorded pairs; the oldest are dropped.")
    ] = 268_435_456
    control_max_bytes: Annotated[
        int,
        Meta(
            ge=65_536,
            description="Bound of each candidate's uniform sample of all its pairs, to recompute a report from.",
        ),
    ] = 33_554_432
    disagreements_max_bytes: Annotated[
        int, Meta(ge=65_536, description="Bound of each candidate's uniform sample of its pairs that disagree.")
    ] = 33_554_432
    max_age_s: Annotated[Seconds, Meta(description="Older records are dropped, from streams and samples.")] = 86_400.0
    max_body_bytes: Annotated[
        int,
        Meta(
            ge=0,
            description="A request with a larger body is served, but not recorded; a larger answer is recorded cut.",
        ),
    ] = 1_048_576
    partitions: Annotated[
        int, Meta(ge=1, le=256, description="How many streams a route's recording is split into.")
    ] = 4
    buffer_max_bytes: Annotated[
        int,
        Meta(
            ge=65_536,
            description="Most bytes that a proxy worker holds for Redis; requests beyond are served and shed.",
        ),
    ] = 67_108_864
    buffer_max_items: Annotated[
        int,
        Meta(
            ge=1, description="Most requests that a proxy worker holds for Redis; requests beyond are served and shed."
        ),
    ] = 50_000
    group_max_records: Annotated[int, Meta(ge=1, le=256, description="Most records in one commit.")] = 256
    group_max_bytes: Annotated[int, Meta(ge=1024, le=1_048_576, description="Most bytes in one commit.")] = 1_048_576
    linger_ms: Annotated[
        float, Meta(ge=0, description="How long a record waits for others to be committed with it.")
    ] = 20.0


class RedisSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the store is reached. User and password stand in the URL or in UNDERSTUDY_REDIS; they are never printed."""

    url: Annotated[
        str,
        Meta(
            description="redis://[user:password@]host:port/db, rediss://… for TLS, unix:///path.",
            examples=["redis://127.0.0.1:6379/0"],
        ),
    ]
    cluster: Annotated[bool, Meta(description="Whether the address is of a Redis Cluster.")] = False
    tls_ca: Annotated[
        str | None, Meta(description="PEM file of the authority to trust.", examples=["/etc/understudy/redis-ca.crt"])
    ] = None
    tls_cert: Annotated[
        str | None, Meta(description="PEM file of our client certificate.", examples=["/etc/understudy/redis.crt"])
    ] = None
    tls_key: Annotated[
        str | None,
        Meta(
            description="PEM file of the certificate's key, if not in tls_cert.", examples=["/etc/understudy/redis.key"]
        ),
    ] = None
    timeout_s: Annotated[Seconds, Meta(description="Longest time for one command.")] = 5.0
    lease_s: Annotated[Seconds, Meta(description="A worker that is silent for this long loses its partitions.")] = 10.0


class KeptSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is kept of a request besides the built-in allow list, and what is hidden from people."""

    headers: Annotated[
        tuple[str, ...], Meta(description="Request headers kept and sent to candidates, besides the built-in list.")
    ] = ()
    answer_headers: Annotated[tuple[str, ...], Meta(description="Answer headers kept, besides the built-in list.")] = ()
    redact_pointers: Annotated[
        tuple[str, ...], Meta(description="JSON pointers (with * for any key or index) replaced by pseudonyms.")
    ] = ()
    redact_patterns: Annotated[
        tuple[str, ...], Meta(description="Regular expressions; what matches is replaced by a pseudonym.")
    ] = ()
    redact_headers: Annotated[
        tuple[str, ...], Meta(description="Kept headers whose values are replaced by pseudonyms.")
    ] = ()
    redact_query: Annotated[
        tuple[str, ...], Meta(description="Query parameters whose values are replaced by pseudonyms.")
    ] = ()
    redact_before_storage: Annotated[
        bool, Meta(description="Replace before anything is stored: candidates and comparators then see pseudonyms.")
    ] = False
