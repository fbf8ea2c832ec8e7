"""The tiles of the overview as Qt's tables want them, and how each is drawn."""

from __future__ import annotations

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QObject, QRect, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QTextLayout, QTextOption
from PyQt6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from papaya_gui.models.board import Board
from papaya_gui.models.condition import GRAVE, SLIGHT, Condition
from papaya_gui.models.overview import FEWEST_LINES, LINE_ON_WALL, Overview
from papaya_gui.models.tile_details import Detail, details_of, number_of_details
from papaya_gui.theme import Theme
from papaya_gui.tokens import EDGE, RADIUS, XS, S, Type, font_of
from papaya_gui.views.marks import mark_pixmap
from papaya_gui.views.symbols import color_of
from papaya_gui.views.wording import condition_words, tool_tip

_ROLE = Qt.ItemDataRole
# So much of a text is drawn, and down to such a part of its size, or so many pixels, before it takes a second
# line or its end is left out.
_LONGEST, _SMALLEST, _LEGIBLE = 200, 0.6, 11
# A line of details stands beside others where it would be wider than so many times its height.
_LINE_WIDER = 12


class TileModel(QAbstractTableModel):
    """The tiles of an `Overview` in rows of so many columns."""

    def __init__(self, overview: Overview, board: Board, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.overview, self.board = overview, board
        # How much of a tile its own words take, in pixels: all tiles alike, whose widths differ by one.
        self.is_wall, self.head = False, 1
        self.columns, self._nodes = 1, overview.nodes
        self._words = condition_words()

    def arrange(self, columns: int) -> None:
        """Show what the overview has by now, in so many columns."""
        self.beginResetModel()
        self.columns, self._nodes = columns, self.overview.nodes
        self.endResetModel()

    def redraw(self, first: int, last: int) -> None:
        """Say that rows of tiles have changed."""
        if 0 <= first <= last < self.rowCount():
            self.dataChanged.emit(self.index(first, 0), self.index(last, self.columns - 1))

    def node(self, index: QModelIndex) -> int:
        """Return the node of a tile, -1 where there is none."""
        number = index.row() * self.columns + index.column() if index.isValid() else -1
        return int(self._nodes[number]) if 0 <= number < len(self._nodes) else -1

    def at(self, number: int) -> QModelIndex:
        """Return where a tile is by its number; none where there are fewer."""
        if not 0 <= number < len(self._nodes):
            return QModelIndex()
        return self.index(number // self.columns, number % self.columns)

    def index_of(self, node: int) -> QModelIndex:
        """Return where the tile of a node is."""
        return self.at(self.overview.position(node))

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Return how many rows of tiles there are."""
        is_inside = parent is not None and parent.isValid()
        return 0 if is_inside else -(-len(self._nodes) // self.columns)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """Return how many tiles a row has."""
        return 0 if parent is not None and parent.isValid() else self.columns

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Return that there is nothing to choose behind the last tile."""
        return super().flags(index) if self.node(index) >= 0 else Qt.ItemFlag.NoItemFlags

    def data(self, index: QModelIndex, role: int = _ROLE.DisplayRole) -> object:
        """Return the name of a tile, and for people who hear it how it is."""
        node = self.node(index)
        if node < 0:
            return None
        overview = self.overview
        name = overview.tree.name(node)
        if role == _ROLE.DisplayRole:
            return name
        if role in (_ROLE.ToolTipRole, _ROLE.AccessibleTextRole):
            worst = self._words[overview.tree.worst(node)]
            said = [name, overview.place(node), f"{worst}: {overview.tree.text(node)}"]
            return tool_tip("\n".join(said)) if role == _ROLE.ToolTipRole else ", ".join(said)
        return None


class TilePainter(QStyledItemDelegate):
    """Draws a tile: a colored edge, a shape, the name, a number and a line of words; details below them."""

    def __init__(self, model: TileModel, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tiles, self._theme = model, theme
        self._base = font_of(Type.BODY)
        self._fonts: dict[tuple[int, bool], QFont] = {}

    def set_theme(self, theme: Theme) -> None:
        """Take another look."""
        self._theme = theme

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Draw one tile."""
        node = self._tiles.node(index)
        if painter is None or node < 0:
            return
        theme, tree = self._theme, self._tiles.overview.tree
        worst = tree.worst(node)
        head = min(self._tiles.head, option.rect.height())
        gap = max(head // 24, XS)
        area = option.rect.adjusted(gap // 2, gap // 2, -(gap // 2), -(gap // 2))
        back = theme.alarm_back if worst >= GRAVE else theme.warn_back if worst >= SLIGHT else theme.base
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_current = bool(option.state & QStyle.StateFlag.State_HasFocus)
        painter.setPen(QPen(QColor(theme.accent if is_current else theme.line), 3 if is_current else 1))
        painter.setBrush(QColor(back))
        painter.drawRoundedRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        edge = max(EDGE, head // 24)
        color = QColor(color_of(worst, theme))
        painter.fillRect(QRect(area.left() + 2, area.top() + 2, edge, area.height() - 4), color)
        inside = area.adjusted(edge + 2 * gap, gap, -2 * gap, -gap)
        below = inside.adjusted(0, head, 0, 0)
        inside.setHeight(min(inside.height(), head - 3 * gap))
        self._write(painter, inside, node, worst)
        self._write_details(painter, below, node, head)
        painter.restore()

    def _write(self, painter: QPainter, area: QRect, node: int, worst: Condition) -> None:
        theme, overview = self._theme, self._tiles.overview
        high = area.height()
        side = int(high * 0.3)
        painter.drawPixmap(
            QRect(area.right() - side, area.top(), side, side),
            mark_pixmap(worst, theme, int(side * self._scale(painter))),
        )
        headline = overview.headline(node)
        rows = (
            (overview.tree.name(node), 0.0, 0.3, True, theme.text, side + XS),
            (headline or overview.place(node), 0.36, 0.3, bool(headline), theme.text, 0),
            (overview.said(node), 0.74, 0.2, False, color_of(worst, theme), 0),
        )
        for text, top, share, is_bold, color, taken in rows:
            line = QRect(
                area.left(), area.top() + int(high * top), area.width() - taken, max(int(high * share), 1)
            )
            font = self._fitting(text[:_LONGEST], int(high * share * 0.72), is_bold, line.width())
            painter.setFont(font)
            painter.setPen(QColor(color))
            shown = "\n".join(lines_of(text[:_LONGEST], font, line.width(), line.height()))
            painter.drawText(line, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)

    def _write_details(self, painter: QPainter, area: QRect, node: int, head: int) -> None:
        """Write what there is room for below the words of a tile, in lines as large as they may be."""
        tree, board, theme = self._tiles.overview.tree, self._tiles.board, self._theme
        count = number_of_details(tree, board, node)
        # On a wall, lines are as large as the words of the tile; else as those of the window.
        font = self._font(int(head * LINE_ON_WALL * 0.7), False) if self._tiles.is_wall else self._base
        high = QFontMetrics(font).height() + XS
        down = min(area.height() // high, count)
        if down < min(count, FEWEST_LINES):
            return
        beside = min(max(area.width() // (_LINE_WIDER * high), 1), -(-count // down))
        shown = details_of(tree, board, node, down * beside)
        rest = count - len(shown) + 1 if count > len(shown) else 0
        if rest:
            shown[-1] = Detail(self.tr("{} more").format(f"{rest:,}"), "", Condition.NOTHING)
        wide = area.width() // beside
        painter.setPen(QPen(QColor(theme.line), 1))
        painter.drawLine(area.left(), area.top() - XS, area.right(), area.top() - XS)
        for number, detail in enumerate(shown):
            across, line = divmod(number, down)
            place = QRect(area.left() + across * wide, area.top() + line * high, wide - 2 * XS, high)
            self._write_line(painter, place, detail, font, has_mark=not rest or number < len(shown) - 1)

    def _write_line(
        self, painter: QPainter, place: QRect, detail: Detail, font: QFont, *, has_mark: bool
    ) -> None:
        """Write a name at the left and what is said of it at the right; a long name leaves room for that."""
        theme, side = self._theme, int(place.height() * 0.6)
        if has_mark:
            at = QRect(place.left(), place.center().y() - side // 2, side, side)
            painter.drawPixmap(at, mark_pixmap(detail.condition, theme, int(side * self._scale(painter))))
        place = place.adjusted(side + XS, 0, 0, 0)
        letters, end = QFontMetrics(font), Qt.TextElideMode.ElideRight
        name, said = detail.name[:_LONGEST], detail.said[:_LONGEST]
        beside = place.width() - letters.horizontalAdvance(name) - S
        said = letters.elidedText(said, end, max(beside, place.width() // 2))
        room = place.width() - letters.horizontalAdvance(said) - (S if said else 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(font)
        painter.setPen(QColor(theme.text if has_mark else theme.muted))
        painter.drawText(place, int(Qt.AlignmentFlag.AlignLeft | middle), letters.elidedText(name, end, room))
        painter.setPen(QColor(color_of(detail.condition, theme)))
        painter.drawText(place, int(Qt.AlignmentFlag.AlignRight | middle), said)

    def _scale(self, painter: QPainter) -> float:
        device = painter.device()
        return device.devicePixelRatio() if device is not None else 1.0

    def _fitting(self, text: str, pixels: int, is_bold: bool, width: int) -> QFont:
        """Return a font in which a text fits, down to a part of the size that the line has room for."""
        font = self._font(pixels, is_bold)
        needed = QFontMetrics(font).horizontalAdvance(text)
        if needed <= width:
            return font
        least = max(int(pixels * _SMALLEST), min(pixels, _LEGIBLE))
        fitting = max(int(pixels * width / needed), least)
        # Letters do not shrink evenly.
        while fitting > least and QFontMetrics(self._font(fitting, is_bold)).horizontalAdvance(text) > width:
            fitting -= 1
        return self._font(fitting, is_bold)

    def _font(self, pixels: int, is_bold: bool) -> QFont:
        key = max(pixels, 9), is_bold
        if key not in self._fonts:
            font = QFont(self._base)
            font.setPixelSize(key[0])
            font.setBold(is_bold)
            self._fonts[key] = font
        return self._fonts[key]


def lines_of(text: str, font: QFont, width: int, height: int) -> list[str]:
    """Return a text in one line, or in two where there is room for them; the last is elided."""
    letters, end = QFontMetrics(font), Qt.TextElideMode.ElideRight
    if letters.horizontalAdvance(text) <= width or 2 * letters.ascent() + letters.descent() > height:
        return [letters.elidedText(text, end, width)]
    layout, option = QTextLayout(text, font), QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.beginLayout()
    first = layout.createLine()
    first.setLineWidth(width)
    layout.endLayout()
    # Qt counts in units of UTF-16.
    units, at = text.encode("utf-16-le", "surrogatepass"), 2 * first.textLength()
    head, rest = (part.decode("utf-16-le", "surrogatepass") for part in (units[:at], units[at:]))
    return [head.rstrip(), letters.elidedText(rest, end, width)]
