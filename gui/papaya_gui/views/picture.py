"""Pictures of the plot with a line below that says what they show; painted where no window waits for it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from PyQt6.QtCore import QBuffer, QIODevice, QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPicture
from PyQt6.QtSvg import QSvgGenerator

from papaya.errors import PapayaError
from papaya_gui.saving import replaced
from papaya_gui.station import Station
from papaya_gui.theme import Theme

_MARGIN = 8
_WRAPPED = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop


class Paintable(Protocol):
    """A view that can paint itself on other surfaces than the screen."""

    def size(self) -> QSize:
        """Return how large it is in the window."""

    def paint_on(self, painter: QPainter, area: QRectF) -> None:
        """Paint what it shows into an area."""


class Recording:
    """The picture of a plot at one moment, with its footer; it may be painted from any thread."""

    def __init__(self, plot: Paintable, footer: str, theme: Theme, font: QFont) -> None:
        width, height = plot.size().width(), plot.size().height()
        self.title = footer
        self._theme = theme
        self._picture = QPicture()
        # In a narrow window the footer takes several lines, rather than lose its end.
        room = QRect(_MARGIN, height + _MARGIN, max(width - 2 * _MARGIN, 1), 10_000)
        words = QFontMetrics(font, self._picture).boundingRect(room, _WRAPPED, footer)
        self.size = QSize(width, height + words.height() + 2 * _MARGIN)
        painter = QPainter(self._picture)
        # What a picture records has no device of its own to inherit a font from.
        painter.setFont(font)
        painter.fillRect(QRect(0, 0, self.size.width(), self.size.height()), QColor(theme.base))
        painter.save()
        plot.paint_on(painter, QRectF(0, 0, width, height))
        painter.restore()
        painter.setPen(QColor(theme.line))
        painter.drawLine(_MARGIN, height, width - _MARGIN, height)
        painter.setPen(QColor(theme.muted))
        painter.drawText(room, _WRAPPED, footer)
        painter.end()

    def image(self, scale: int) -> QImage:
        """Return it with so many pixels for each of the window's."""
        image = QImage(self.size * scale, QImage.Format.Format_RGB32)
        image.setDotsPerMeterX(round(self._picture.logicalDpiX() / 0.0254))
        image.setDotsPerMeterY(round(self._picture.logicalDpiY() / 0.0254))
        image.fill(QColor(self._theme.base))
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(scale, scale)
        self._picture.play(painter)
        painter.end()
        return image

    def svg(self) -> bytes:
        """Return it as SVG."""
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        # Only this version of the format knows clipping, without which curves leave their axes.
        generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
        generator.setOutputDevice(buffer)
        generator.setSize(self.size)
        generator.setViewBox(QRect(0, 0, self.size.width(), self.size.height()))
        generator.setResolution(self._picture.logicalDpiX())
        generator.setTitle(self.title)
        painter = QPainter(generator)
        self._picture.play(painter)
        painter.end()
        return bytes(buffer.data().data())


def footer(station: Station, moment: float) -> str:
    """Return what a picture says of itself: time, server, manifest."""
    told = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    supply, fleet = station.supply, station.catalog.fleet
    source = f"{supply.name}: {supply.where}" if supply.where else supply.name
    digest = f" (sha256 {fleet.digest[:16]})" if fleet.digest else ""
    return f"{told}  ·  {source}  ·  {fleet.name}{digest}"


def save_picture(recording: Recording, path: Path, scale: int) -> None:
    """Write PNG, or SVG by the file's name, in one step."""
    if path.suffix.lower() == ".svg":
        content = recording.svg()
    else:
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        if not recording.image(scale).save(buffer, "PNG"):
            raise PapayaError(
                f"there is no memory for a picture of {scale} times the window's size",
                remedy="make the window smaller, or save it at its own size",
            )
        content = bytes(buffer.data().data())
    with replaced(path) as file:
        file.write(content)
