"""Kinds of ThingsBoard objects beside the tree: one module for each, and one registry of them."""
