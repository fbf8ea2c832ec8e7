"""A sandbox whose data folder has a large fleet: one device of each State is applied, the others are copied.

What papaya writes for a device is thus papaya's own, and the 100,000 are there in seconds.
"""

from __future__ import annotations

import csv
import json
import os
import sqlite3
import sys
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks.empty_plan import PASSWORD, USERNAME, run, served

STATES = 20
COLUMNS = ("meter_id", "state", "serial", "street", "lat", "lon", "bays", "firmware")
HEAD = """\
apiVersion: papaya/v1
kind: Fleet
metadata: {name: large}
profiles: {country: Country, state: State, device: IoT-Gateway, create: true}
safety: {maxChangePercent: 100}
sensorSets:
  meter:
    - {key: temperature.celsius, name: Temperature, unit: °C, every: 30s, warnAbove: 60}
    - {key: parking.distance_cm, name: LiDAR left, unit: cm, every: 5s, warnBelow: 20}
models:
  mk1: {sensors: meter, sharedAttributes: {reportEverySeconds: 5}}
devicesFrom:
  - csv: meters.csv
    each:
      country: LARGE-LAND
      state: "{{ state }}"
      name: "{{ meter_id }}"
      model: mk1
      serial: "SN-{{ serial }}"
      label: "{{ street }}"
      location: {latitude: "{{ lat | float }}", longitude: "{{ lon | float }}"}
      attributes: {bays: "{{ bays | int }}", firmware: "v{{ firmware }}"}
countries:
  - name: LARGE-LAND
    states:
"""


def cells(number: int) -> tuple[str, ...]:
    """Return the row of one device."""
    return (
        f"LM-{number:06}",
        f"Large-State-{number % STATES:02}",
        f"{number:06}",
        f"Street {number // 10}",
        f"{12 + (number + 1) / 1e6:.6f}",
        f"{77 + (number + 1) / 1e6:.6f}",
        str(number % 5),
        f"1.{number % 9}",
    )


def write_fleet(folder: Path, devices: int, *, changed: int = 0) -> Path:
    """Write the manifest and its table of so many devices, the first of them with another label."""
    path = folder / "fleet.yaml"
    states = "".join(f"      - name: Large-State-{number:02}\n" for number in range(STATES))
    path.write_text(HEAD + states, encoding="utf-8")
    with (folder / "meters.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(devices):
            row = list(cells(number))
            if number < changed:
                row[3] = f"Avenue {number}"
            writer.writerow(row)
    return path


def fill(data: Path, folder: Path, devices: int) -> None:
    """Apply the fleet's first devices to a sandbox of this data folder, and copy them to all others."""
    path = write_fleet(folder, STATES)
    with served(data) as url:
        run("apply", str(path), "--url", url, "--yes")
    with sqlite3.connect(data / "sandbox.sqlite") as database:
        first = {
            name: (number, json.loads(body), info)
            for number, name, body, info in database.execute(
                "SELECT number, name, body, additional_info FROM entity WHERE kind = 'DEVICE'"
            )
        }
        for number in range(STATES):
            _copy(database, *first[cells(number)[0]], range(number + STATES, devices, STATES))
    write_fleet(folder, devices)


def _copy(database: sqlite3.Connection, template: int, body: Any, info: str, numbers: range) -> None:
    """Store devices that differ from one in what their rows say."""
    stored = database.execute(
        "SELECT scope, key, ts, kind, value FROM attribute WHERE number = ?", (template,)
    ).fetchall()
    entity = database.execute("SELECT type, profile_id FROM entity WHERE number = ?", (template,)).fetchone()
    (place,) = database.execute("SELECT source FROM relation WHERE target = ?", (template,)).fetchone()
    for number in numbers:
        row = dict(zip(COLUMNS, cells(number), strict=True))
        # Version 1, as the server's own ids are: the order of ids is that of creation.
        id_ = str(uuid.uuid1())
        created = body["createdTime"] + number
        text = json.dumps(
            {
                **body,
                "id": {**body["id"], "id": id_},
                "name": row["meter_id"],
                "label": row["street"],
                "createdTime": created,
            },
            separators=(",", ":"),
        )
        cursor = database.execute(
            "INSERT INTO entity (id, kind, name, type, label, profile_id, created_time, version, "
            "additional_info, body) VALUES (?, 'DEVICE', ?, ?, ?, ?, ?, 1, ?, ?)",
            (id_, row["meter_id"], entity[0], row["street"], entity[1], created, info, text),
        )
        own = cursor.lastrowid
        token = f"token-{number:06}"
        database.execute(
            "INSERT INTO credentials VALUES (?, ?, ?, 'ACCESS_TOKEN', ?, NULL, 1)",
            (own, str(uuid.uuid1()), created, token),
        )
        database.execute("INSERT INTO relation VALUES (?, 'COMMON', 'Contains', ?, NULL, 1)", (place, own))
        database.executemany(
            "INSERT INTO attribute VALUES (?, ?, ?, ?, ?, ?)",
            ((own, *values) for values in _attributes(stored, row, id_)),
        )


def _attributes(stored: list[tuple[Any, ...]], row: Mapping[str, str], id_: str) -> Iterator[tuple[Any, ...]]:
    told = {
        "serial": f"SN-{row['serial']}",
        "bays": int(row["bays"]),
        "firmware": f"v{row['firmware']}",
        "latitude": float(row["lat"]),
        "longitude": float(row["lon"]),
    }
    for scope, key, ts, kind, value in stored:
        if key == "papaya.applied":
            record = json.loads(value)
            record.update(id=id_, name=row["meter_id"], label=row["street"])
            record["server"].update(told)
            yield scope, key, ts, kind, json.dumps(record, separators=(",", ":"), ensure_ascii=False)
        else:
            yield scope, key, ts, kind, told.get(key, value) if scope != 3 else value


if __name__ == "__main__":
    os.environ.update(PAPAYA_USERNAME=USERNAME, PAPAYA_PASSWORD=PASSWORD)
    fill(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
