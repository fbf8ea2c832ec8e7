"""What a device may do, whatever transport it uses."""
