"""Sensors: what they measure, where it is read, and what becomes of a value before it is sent. No Qt here.

What drivers need is here: `SensorBackend`, `SensorReading`, `SensorFault`.
"""

from papaya.sensors.backend import SensorBackend as SensorBackend
from papaya.sensors.backend import SensorFault as SensorFault
from papaya.sensors.reading import SensorReading as SensorReading
