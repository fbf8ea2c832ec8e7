"""The sandbox's data: tables, values, and pending work in memory."""
