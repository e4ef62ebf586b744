"""What an operator may write.

model.py    the settings, composed of each package's own
promotion.py  what a promotion calls
loading.py  files, variables and flags → settings
checks.py   the rules between settings
bounds.py   what the file allows changes at run time
urls.py     Redis URLs, and their passwords
policies.py a policy's file, read and checked
page.py     docs/settings.md and the example file, made from the types
"""
