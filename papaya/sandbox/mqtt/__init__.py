"""Devices and gateways over MQTT."""
