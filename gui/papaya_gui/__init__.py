"""The desktop window of papaya: live curves of many devices. It imports papaya, never the reverse.

What draws nothing needs no Qt: `papaya_gui.pyramid` is numpy alone.
"""
