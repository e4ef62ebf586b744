"""Endpoints and candidates, as an operator writes them. Composed by proxy/settings.py."""

from typing import Annotated

from msgspec import Meta, Struct, field

from http1.settings import ClientSettings, Seconds


class EndpointSettings(ClientSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model endpoint and how its version is known."""

    version: Annotated[str, Meta(description="The model's version, where the endpoint does not tell it.")] = ""
    build: Annotated[str, Meta(description="The server's build (an image digest, say).")] = ""
    version_header: Annotated[str, Meta(description="Answer header that tells the version.")] = ""
    build_header: Annotated[str, Meta(description="Answer header that tells the build.")] = ""


class BreakerSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """After `failures` failed calls in a row the candidate is left alone for `pause_s`, then tried with one call."""

    failures: Annotated[
        int, Meta(ge=1, description="How many failed calls, started one after another, open the breaker.")
    ] = 20
    pause_s: Annotated[Seconds, Meta(description="How long the candidate is then left alone.")] = 10.0


class CandidateSettings(EndpointSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: Annotated[
        str, Meta(description="The candidate's address, written as production's.", examples=["http://127.0.0.1:9002"])
    ]
    name: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9][a-z0-9_.-]{0,62}\Z",
            extra={"right": "1 to 63 of a-z, 0-9, _, . and -, beginning with a letter or digit"},
            description="The candidate's name, unique across routes.",
            examples=["new"],
        ),
    ]
    timeout_s: Annotated[Seconds | None, Meta(description="Longest time for the whole call.")] = 30.0
    max_in_flight: Annotated[
        int, Meta(ge=1, le=10_000, description="Most calls that each mirror has under way at once.")
    ] = 32
    max_lag_s: Annotated[
        Seconds,
        Meta(description="The mirror does not send the candidate older exchanges; they are counted as skipped."),
    ] = 3_600.0
    max_answer_bytes: Annotated[int, Meta(ge=0, description="A larger answer counts as a failure (too_large).")] = (
        16_777_216
    )
    headers: Annotated[
        dict[str, str], Meta(description="Headers added to each call; `env:NAME` takes the value from the environment.")
    ] = field(default_factory=dict)
    credentials: Annotated[
        str, Meta(description="Name of a table under `credentials`; its headers are added to each call.")
    ] = ""
    remove_headers: Annotated[tuple[str, ...], Meta(description="Headers taken out of each call.")] = ()
    rewrite_prefix: Annotated[
        str | None, Meta(description="What the route's prefix becomes at the candidate.", examples=["/v3"])
    ] = None
    host: Annotated[str, Meta(description="Host header of the call. Empty: the candidate's own.")] = ""
    breaker: BreakerSettings = BreakerSettings()
    start_from: Annotated[
        str, Meta(description="Where in the recording the candidate begins: now, beginning, or an RFC 3339 time.")
    ] = "now"
    paused: Annotated[
        bool, Meta(description="Leave the candidate alone; what is recorded meanwhile is counted as skipped.")
    ] = False
    generation: Annotated[
        int, Meta(ge=0, description="Raise it to begin a new epoch; a restart or change at run time does so.")
    ] = 0
