"""The Redis store. Only this room imports `redis`.

store.py       the store as the roles see it; the files below are its inside
writer.py      exchanges in, each group once
group.py       entries out to one owner, and the owner's results back in, once
steward.py     which lanes run in a process: begun, shared out, ended, begun again
lease.py       one partition's lease, and the lane that works under it
share.py       which partitions are whose
setbacks.py    lanes that failed, and when they may start again
patience.py    asking the store until it has answered
control.py     overlay, epochs, plans, examples
history.py     verdicts and promotions of a route, by compare-and-set
candidates.py  joining, leaving and being counted, a partition at a time
settling.py    what a dead writer left
depth.py       how full a recording is, and how long its bound lasts
scan.py        a recording in order of time
rendezvous.py  where the hosts of a load test meet
holdings.py    which of a candidate's pairs are still there, read without missing any
sample.py      samples of a candidate's pairs, which outlive the stream
health.py      whether a Redis can be trusted with recordings
bounds.py      how bytes count, and how the bounds are shared out
keys.py        every Redis key, spelled once
lua.py         runs scripts/: each commit is one script
client.py      the one factory of Redis clients
server.py      a client of one server; redis-py's exceptions end there
cluster.py     a client of a Redis Cluster
"""
