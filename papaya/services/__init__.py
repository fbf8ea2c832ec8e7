"""The systemd services that papaya installs on this machine."""
