"""What is seen is what is saved, while the window stays free."""

from __future__ import annotations

import csv
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from papaya_gui.actions import Actions
from papaya_gui.plots.panel import PlotPanel
from papaya_gui.station import Station
from papaya_gui.theme import DARK, LIGHT, Theme
from papaya_gui.views.export import ExportView, Then
from papaya_gui.views.picture import Recording, footer, save_picture
from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QColor, QFont, QImage, QPainter, QPen
from PyQt6.QtWidgets import QWidget

from tests.gui.events import click
from tests.gui.hand import HandSupply, wait_until


class LinePanel(QWidget):
    """A plot of one line from corner to corner, and out of it on purpose."""

    def __init__(self) -> None:
        super().__init__()
        self.resize(400, 200)
        self.range = 1000.0, 1010.0
        self.rows: Sequence[int] = ()

    def visible_range(self) -> tuple[float, float]:
        """Return what the test set."""
        return self.range

    def drawn_rows(self) -> Sequence[int]:
        """Return what the test set."""
        return self.rows

    def paint_on(self, painter: QPainter, area: QRectF) -> None:
        """Draw the line, clipped to the inside."""
        inside = area.adjusted(50, 20, -20, -50)
        painter.setClipRect(inside)
        painter.setPen(QPen(QColor("#ff0000"), 3))
        painter.drawLine(area.topLeft(), area.bottomRight())
        painter.setClipping(False)
        painter.setPen(QColor("#00aa00"))
        painter.drawText(area.topLeft().toPoint() + inside.center().toPoint() / 2, "21.5 °C")


class Place:
    """Answers where to save."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []
        self.answer: Path | None = None

    def __call__(self, parent: QWidget, title: str, proposed: Path, kinds: str, then: Then) -> None:
        """Answer with the proposed name in the test's folder, or with what the test said."""
        self.asked.append(proposed.name)
        then(self.answer or self.folder / proposed.name)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Return who answers where to save."""
    return Place(tmp_path)


@pytest.fixture
def panel() -> LinePanel:
    """Return a plot."""
    return LinePanel()


@pytest.fixture
def view(station: Station, actions: Actions, panel: LinePanel, place: Place) -> Iterator[ExportView]:
    """Return the view."""
    made = ExportView(station, LIGHT, actions, panel, ask=place)
    yield made
    made.stop()


def say(station: Station) -> HandSupply:
    """Return the source that the test plays."""
    assert isinstance(station.supply, HandSupply)
    return station.supply


def test_the_visible_range_of_the_drawn_rows_is_saved(
    station: Station, view: ExportView, actions: Actions, panel: LinePanel, tmp_path: Path
) -> None:
    for index in (0, 1, 2):
        say(station).say_all(index, range(990, 1020), [value + 100.0 * index for value in range(30)])
    station.select([0, 1, 2])
    station.tick()
    panel.rows = (2, 0)
    actions["export-csv"].trigger()
    wait_until(lambda: "Saved" in view.words.text())
    path = tmp_path / f"{station.catalog.fleet.name}.csv"
    found = list(csv.DictReader(path.read_text().splitlines()))
    assert [float(line["value"]) for line in found] == [*range(210, 221), *range(10, 21)]
    assert {line["device"] for line in found} == {station.catalog[0].path}
    assert "22 samples" in view.words.text()
    assert not view.progress.isVisibleTo(view)


def test_the_name_of_a_fleet_is_proposed_as_the_name_of_a_file(
    station: Station, view: ExportView, actions: Actions, panel: LinePanel, place: Place
) -> None:
    station.catalog.fleet = replace(station.catalog.fleet, name="127.0.0.1:8080/a")
    say(station).say_all(0, (1000, 1001), (1.0, 2.0))
    station.select([0])
    station.tick()
    panel.rows = (0,)
    actions["export-csv"].trigger()
    wait_until(lambda: "Saved" in view.words.text())
    assert place.asked == ["127.0.0.1-8080-a.csv"]


def test_where_nothing_is_drawn_a_person_is_told_so_and_not_asked(
    view: ExportView, actions: Actions, place: Place
) -> None:
    actions["export-csv"].trigger()
    assert "nothing to save" in view.words.text() and "Select a sensor" in view.words.text()
    assert place.asked == []
    click(view.cancel)
    assert view.isHidden()


def test_an_export_can_be_cancelled_and_leaves_nothing(
    station: Station, view: ExportView, actions: Actions, panel: LinePanel, tmp_path: Path
) -> None:
    times = 1000.0 + np.arange(2_000_000) / 5000
    station.series(0).live.append(times, times)
    panel.rows, panel.range = (0,), (1000.0, 2000.0)
    actions["export-csv"].trigger()
    wait_until(lambda: view.progress.value() > 0)
    click(view.cancel)
    wait_until(lambda: "cancelled" in view.words.text())
    assert list(tmp_path.iterdir()) == []


def test_only_one_export_is_under_way_at_a_time(
    station: Station, view: ExportView, actions: Actions, panel: LinePanel, place: Place
) -> None:
    station.series(0).live.append([1000.0], [1.0])
    panel.rows = (0,)
    actions["export-csv"].trigger()
    actions["export-csv"].trigger()
    assert len(place.asked) == 1
    assert "already" in view.words.text()
    wait_until(lambda: "Saved" in view.words.text())


def test_a_folder_that_cannot_be_written_is_told_of(
    station: Station, view: ExportView, actions: Actions, panel: LinePanel, place: Place, tmp_path: Path
) -> None:
    station.series(0).live.append([1000.0], [1.0])
    panel.rows = (0,)
    place.answer = tmp_path / "nowhere" / "samples.csv"
    actions["export-csv"].trigger()
    wait_until(lambda: "Cannot save" in view.words.text())
    assert "No such file or directory" in view.words.text()


@pytest.mark.parametrize("scale", [1, 2])
def test_a_png_has_the_plot_and_a_footer_at_the_wanted_scale(
    station: Station, view: ExportView, actions: Actions, tmp_path: Path, scale: int
) -> None:
    actions[f"export-png-{scale}"].trigger()
    wait_until(lambda: "Saved" in view.words.text())
    image = QImage(str(tmp_path / f"{station.catalog.fleet.name}.png"))
    assert image.width() == 400 * scale
    assert 220 * scale < image.height() < 280 * scale and not image.height() % scale
    assert image.pixelColor(200 * scale, 100 * scale).name() == "#ff0000"
    assert image.pixelColor(2 * scale, 2 * scale).name() == LIGHT.base
    assert has_ink(image, 8 * scale, 206 * scale, 200 * scale, 220 * scale)


def has_ink(image: QImage, left: int, top: int, right: int, bottom: int) -> bool:
    """Return whether anything is drawn in an area."""
    back = image.pixelColor(1, 1)
    return any(image.pixelColor(x, y) != back for x in range(left, right, 2) for y in range(top, bottom))


def test_an_svg_says_what_it_shows_and_keeps_curves_inside_of_their_axes(
    station: Station, view: ExportView, actions: Actions, tmp_path: Path
) -> None:
    actions["export-svg"].trigger()
    wait_until(lambda: "Saved" in view.words.text())
    text = (tmp_path / f"{station.catalog.fleet.name}.svg").read_text()
    root = ElementTree.fromstring(text)
    assert root.attrib["viewBox"].startswith("0 0 400 ")
    assert "clip-path" in text
    words = " ".join("".join(one.itertext()) for one in root.iter("{http://www.w3.org/2000/svg}text"))
    assert "21.5 °C" in words and station.catalog.fleet.name in words


def test_a_picture_is_painted_from_another_thread_as_from_this_one(
    station: Station, panel: LinePanel, tmp_path: Path
) -> None:
    recording = Recording(panel, footer(station, 0.0), DARK, QFont())
    here = recording.image(2)
    thread = threading.Thread(target=save_picture, args=(recording, tmp_path / "there.png", 2))
    thread.start()
    thread.join()
    there = QImage(str(tmp_path / "there.png")).convertToFormat(here.format())
    assert there == here


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_a_picture_has_the_look_of_the_window(station: Station, panel: LinePanel, theme: Theme) -> None:
    image = Recording(panel, footer(station, 0.0), theme, QFont()).image(1)
    assert image.pixelColor(2, 2).name() == theme.base


def test_the_footer_says_time_source_manifest_and_digest(station: Station) -> None:
    told = footer(station, 1_700_000_000.0)
    assert told.startswith("2023-11-14 22:13:20 UTC")
    assert "by hand" in told and station.catalog.fleet.name in told
    assert station.catalog.fleet.digest[:16] in told


def test_what_the_real_plot_shows_is_what_is_saved(station: Station, place: Place, tmp_path: Path) -> None:
    now = station.now()
    moments = [now - 400 + second for second in range(400)]
    say(station).say_all(0, moments, [20 + second / 100 for second in range(400)])
    say(station).say_all(1, moments, [12.0] * 400)
    plot = PlotPanel(station, LIGHT, Actions())
    plot.resize(800, 600)
    plot.show()
    plot.set_window_seconds(60.0)
    station.select([0, 1])
    station.tick()
    plot.toggle(1)
    actions = Actions()
    view = ExportView(station, LIGHT, actions, plot, ask=place)
    start, end = plot.visible_range()
    actions["export-csv"].trigger()
    wait_until(lambda: "Saved" in view.words.text())
    name = station.catalog.fleet.name
    found = list(csv.DictReader((tmp_path / f"{name}.csv").read_text().splitlines()))
    assert {line["key"] for line in found} == {station.catalog[0].sensor.key}
    expected = [round(moment * 1000) for moment in moments if start <= round(moment * 1000) / 1000 <= end]
    assert [int(line["epoch_ms"]) for line in found] == expected
    assert 30 < len(expected) <= 61
    for kind in ("png-2", "svg"):
        actions[f"export-{kind}"].trigger()
        wait_until(lambda: view.progress.isHidden())
    image = QImage(str(tmp_path / f"{name}.png"))
    assert image.width() == 1600
    colors = {image.pixelColor(x, y).name() for x in range(300, 1300, 3) for y in range(0, 900, 3)}
    assert LIGHT.curves[0] in colors
    words = (tmp_path / f"{name}.svg").read_text()
    assert station.catalog[0].title in words and name in words
    view.stop()
    plot.close_sources()
    plot.hide()
