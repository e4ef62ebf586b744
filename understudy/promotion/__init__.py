"""The decision to make a candidate production: recorded, told to hooks; what switches traffic is the platform's.

promoting.py  from the verdict to the record and the hooks
edit.py       the edit of the settings that makes it so
hooks.py      calls a command or a webhook
"""
