"""Records: the nouns, their codec, privacy, files, and the Redis store.

nouns.py      request, observation, exchange, pair: frozen, complete at birth
reasons.py    the closed lists of reasons that coverage adds up over
codec.py      records to bytes and back, with the schema's version
coding.py     decodes gzip, deflate, br and zstd, within a bound
entry_id.py   what the id of a stored record says
documents.py  what else the store holds, read
silence.py    since when a candidate does not answer, and why
coverage.py   the counters, added up
weight.py     what a body becomes in memory, estimated
settings.py   what an operator may choose here
errors.py     what went wrong, and whose move it is
privacy/      what may be kept, passed on or shown
files/        recordings to and from files
store/        everything that talks to Redis
"""
