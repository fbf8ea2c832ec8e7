"""`papaya schema`."""

from __future__ import annotations

import json

import pytest

from papaya.cli import main


def test_the_schema_of_the_manifest_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    """It is JSON Schema 2020-12."""
    assert main(["schema"]) == 0
    default = json.loads(capsys.readouterr().out)
    assert default["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert main(["schema", "fleet"]) == 0
    assert json.loads(capsys.readouterr().out) == default


def test_unknown_schemas_name_those_that_are_there(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever ships is offered."""
    assert main(["schema", "nope"]) == 1
    err = capsys.readouterr().err
    assert "there is no schema nope" in err
    assert "fleet" in err
