"""Carrying out a plan: concurrent by level, journalled, and never silent about what was not done."""
