"""Queries of entities and alarms, as SQL over the store."""
