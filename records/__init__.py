"""Ground floor: the nouns, their codec, and the Redis store.

    nouns.py      request, observation, exchange, pair: frozen, complete at birth
    reasons.py    the closed lists of reasons that coverage adds up over
    codec.py      records to bytes and back, with the schema's version
    documents.py  what else the store holds, read
    kept.py       what may be kept or passed on: allow list of headers, query credentials
    weight.py     what a body becomes in memory, estimated
    depth.py      how full a recording is, and how long its bound lasts
    coding.py     decodes gzip, deflate, br and zstd, within a bound
    redaction.py  keyed pseudonyms for what a person sees
    encoded.py    what percent-encoding keeps from a pattern
    pointers.py   JSON pointers, many at once
    jsonl.py      recordings to and from files
    lines.py      the shape of a line in such a file
    share.py      which partitions are whose
    setbacks.py   lanes that failed, and when they may start again
    patience.py   asking the store until it has answered
    store.py      the store as the roles see it; the files below are its inside
    writer.py     exchanges in, each group once
    group.py      entries out to one owner, and the owner's results back in, once
    control.py    overlay, epochs, plans, examples
    candidates.py joining, leaving and being counted, a partition at a time
    silence.py    since when a candidate does not answer, and why
    settling.py   what a dead writer left
    coverage.py   the counters, added up
    scan.py       a recording in order of time
    held.py       which of a candidate's pairs are still there, read without missing any
    sample.py     samples of a candidate's pairs, which outlive the stream
    health.py     whether a Redis can be trusted with recordings
    bounds.py     how bytes count, and how the bounds are shared out
    keys.py       every Redis key, spelled once
    lua.py        runs scripts/: each commit is one script
    client.py     the one factory of Redis clients
    server.py     a client of one server; redis-py's exceptions end there
    cluster.py    a client of a Redis Cluster
    counted.py    a count in words, singular or plural
    errors.py     what went wrong, and whose move it is
    settings.py   what an operator may choose here

Only this package imports `redis`.
"""
