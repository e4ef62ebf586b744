"""What stands on this machine: where we write, what we bind, the store of our own.

datadir.py          the data directory
sockets.py          what a start binds
embedded_redis.py   the store, where no address is given
embedded_server.py  finds its program
append_only.py      closes what a full disk left in its files
preflight.py        refuses what can't start
"""
