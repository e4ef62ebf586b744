"""What stands between load and production, each with its way of shadowing.

subject.py     what every subject can do
direct.py      nothing between: the baseline of added latency
nginx.py       nginx, plain and with `mirror`
envoy.py       Envoy, plain and with `request_mirror_policies`
ours.py        Understudy, each role a process of its own, with a Redis of its own
together.py    Understudy as one command starts it, pinned to no core
"""
