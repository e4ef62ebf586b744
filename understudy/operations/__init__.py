"""What every role answers on an address of its own.

ops.py          /healthz, /readyz, /metrics
connections.py  what is refused there
"""
