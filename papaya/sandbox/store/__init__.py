"""What the sandbox keeps: tables, values, and what waits in memory."""
