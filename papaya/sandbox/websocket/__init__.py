"""Subscriptions over the WebSocket."""
