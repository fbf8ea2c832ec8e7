"""Runs thingsboard-gateway with the configuration in the folder that it is given."""

from __future__ import annotations

import os
import sys

import loopback

loopback.stay()
os.environ["TB_GW_CONFIG_DIR"] = sys.argv.pop(1)

from thingsboard_gateway import tb_gateway  # noqa: E402

tb_gateway.main()
