"""Sensors: what they measure, where it is read, and what becomes of a value before it is sent. No Qt here."""
