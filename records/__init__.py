"""Ground floor: the nouns, their codec, and the Redis store.

    nouns.py      request, observation, exchange, pair: frozen, complete at birth
    reasons.py    the closed lists of reasons that coverage adds up over
    codec.py      records to bytes and back, with the schema's version
    kept.py       what may be kept or passed on: allow list of headers, query credentials
    redaction.py  keyed pseudonyms for what a person sees
    keys.py       every Redis key, spelled once
    client.py     the one factory of Redis clients
    scripts/      the Lua scripts: each commit is one of them
    tasks.py      owned background work
    settings.py   what an operator may choose here

`redis` is imported here alone.
"""
