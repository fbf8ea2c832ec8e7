"""A signal ends the window whenever it comes: also before the event loop runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

# A source that is refused says so while it is started, and who waits for that may end the window at once.
ENDED_EARLY = """
import os
import sys
from pathlib import Path

from papaya.sensors.condition import Condition, Health
from papaya.workspace.fleet import load_fleet
from papaya_gui.application import Wish, open_window
from papaya_gui.sources.signed_out import SignedOutSupply

class EndsTheWindow(SignedOutSupply):
    def start(self):
        super().start()
        os.kill(os.getpid(), int(sys.argv[1]))

fleet = load_fleet([Path(sys.argv[2])])
condition = Condition(Health.REFUSED, "no", "sign in")
made = lambda catalog, inbox, tell: EndsTheWindow(catalog, inbox, tell, "here", condition)
sys.exit(open_window(fleet, made, Wish()))
"""

FLEET = """\
apiVersion: papaya/v1
kind: Fleet
metadata: {name: ending}
sensorSets: {basic: [{key: temperature, unit: °C, every: 1s}]}
countries:
  - {name: INDIA, states: [{name: Goa, devices: [{name: PM-1, sensors: basic}]}]}
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_comes_while_the_window_is_made_ends_it(tmp_path: Path, number: int) -> None:
    (tmp_path / "fleet.yaml").write_text(FLEET, encoding="utf-8")
    process = subprocess.run(
        [sys.executable, "-c", ENDED_EARLY, str(int(number)), str(tmp_path / "fleet.yaml")],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120.0,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    assert "Traceback" not in process.stderr
