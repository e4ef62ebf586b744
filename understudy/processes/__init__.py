"""The roles' processes.

supervisor.py    starts them, and keeps them alive
workers.py       keeps one alive
child.py         a role's process
roles.py         makes its worker
channel.py       carries what both say
watchdog.py      tells when it hangs
backoff.py       when to start it again
priority.py      how it is scheduled
settlement.py    books what a dead one had counted
redis_keeper.py  replaces the embedded store when it dies or hangs
"""
