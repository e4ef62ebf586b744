"""Exchanges as the live path records them."""

from __future__ import annotations

from records.nouns import Answer, Body, Exchange, Headers, Observation, Request, Timings

KEPT: Headers = (
    (b"content-type", b"application/json"),
    (b"x-request-id", b"r-1"),
    (b"traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
)


def exchange(
    number: int = 1,
    *,
    method: str = "POST",
    target: str = "/models/infer?a=1",
    headers: Headers = KEPT,
    body: bytes = b'{"x":1}',
    cut: bool = False,
) -> Exchange:
    return Exchange(
        id=f"e-{number}",
        route="models",
        revision=1,
        request=Request(method, target, headers, Body(body, len(body) + cut, cut)),
        production=Observation(
            wall_ns=1_700_000_000_000_000_000,
            timings=Timings(0, 1, 2, 3, 4),
            outcome=Answer(200, (), Body(b'{"y":2}', 7)),
            in_flight=1,
            loop_lag_ns=0,
            reader_paused=False,
        ),
    )
