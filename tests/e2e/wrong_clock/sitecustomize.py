"""Sets the clock of a Python process wrong by `CLOCK_AHEAD` seconds; its monotonic clock stays right."""

import os
import time

_real = time.time
_ahead = float(os.environ["CLOCK_AHEAD"])
time.time = lambda: _real() + _ahead
