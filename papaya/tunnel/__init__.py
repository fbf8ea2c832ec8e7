"""The reverse SSH tunnel: what a manifest says about it, in the languages of ssh, sshd and systemd."""
