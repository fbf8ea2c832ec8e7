"""One module for each verb of the command line: the only place that prints.

A module `papaya/commands/<verb>.py` exposes its click command as `command`; `papaya.cli` names the verbs and
loads a module when its verb is used. What a command returns is its exit code; `None` is 0.
"""
