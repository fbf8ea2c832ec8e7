"""What of a window can be reached and read: walks its widgets as they are laid out."""

from __future__ import annotations

from collections.abc import Iterator

from PyQt6.QtCore import QPoint, QRect
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTabBar,
    QTableView,
    QToolBar,
    QTreeView,
    QWidget,
)

CONTROLS = (QAbstractButton, QComboBox, QLineEdit, QAbstractSpinBox, QTabBar, QLabel, QAbstractItemView)
# So much room beside a text that is cut is none: borders, and the space between neighbors.
_NO_ROOM = 16


def shown(window: QWidget) -> Iterator[QWidget]:
    """Yield the widgets of a window that are seen, without those of other windows."""
    for widget in window.findChildren(QWidget):
        if widget.isVisible() and widget.window() is window:
            yield widget


def scrolled_in(widget: QWidget, window: QWidget) -> bool:
    """Whether something around a widget scrolls, so that what lies outside can be reached."""
    above = widget.parentWidget()
    while above is not None and above is not window:
        if isinstance(above, QAbstractScrollArea):
            return True
        above = above.parentWidget()
    return False


def out_of_reach(window: QWidget) -> list[str]:
    """Return the controls, labels and lists of a window that lie outside of it, or under something."""
    inside, found = window.rect(), []
    for widget in shown(window):
        if not isinstance(widget, CONTROLS) or scrolled_in(widget, window):
            continue
        place = QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())
        # What scrolls is covered by its contents, which are seen or not.
        shown_by = widget.viewport() if isinstance(widget, QAbstractScrollArea) else widget
        if shown_by is None:
            continue
        seen = shown_by.visibleRegion().boundingRect()
        if not inside.contains(place) or seen.size() != shown_by.size():
            found.append(f"{_name(widget)} at {_told(place)}, of which {_told(seen)} is seen")
    return found


def cut_texts(window: QWidget) -> list[str]:
    """Return the texts of labels and buttons that are cut, although there is room beside them."""
    found = []
    for widget in shown(window):
        text = _text(widget)
        if not text:
            continue
        missing = widget.sizeHint().width() - widget.width()
        if missing > 1 and _room_beside(widget) > _NO_ROOM:
            found.append(f"{_name(widget)} {text!r}: {missing} pixels missing, {_room_beside(widget)} beside")
    return found


def squeezed_texts(window: QWidget) -> list[str]:
    """Return the texts that are lower than their lines, or broken into lines beside room for one."""
    found = []
    for widget in shown(window):
        if not isinstance(widget, QLabel) or not widget.wordWrap() or not widget.text():
            continue
        letters = widget.fontMetrics()
        missing = widget.heightForWidth(widget.width()) - widget.height()
        if missing > 1:
            found.append(f"{_name(widget)} {widget.text()!r}: {missing} pixels too low")
        longest = max(letters.horizontalAdvance(line) for line in widget.text().split("\n"))
        lacking = longest - widget.contentsRect().width()
        if 0 < lacking < _room_beside(widget) - _NO_ROOM:
            found.append(f"{_name(widget)} {widget.text()!r}: broken beside {_room_beside(widget)} pixels")
    return found


def columns_out_of_view(window: QWidget) -> list[str]:
    """Return the columns that begin outside of their table, so that one has to scroll for them."""
    found = []
    for view in shown(window):
        header = _header(view)
        if header is None or not isinstance(view, QTableView | QTreeView) or scrolled_in(view, window):
            continue
        viewport, letters = view.viewport(), view.fontMetrics()
        room = 0 if viewport is None else viewport.width()
        for column in range(header.count()):
            start = header.sectionViewportPosition(column)
            if not header.isSectionHidden(column) and start > room - letters.horizontalAdvance("nnnn"):
                found.append(f"{_name(view)} column {column} begins at {start} of {room}")
    return found


def cut_columns(window: QWidget) -> list[str]:
    """Return the columns that cut what they hold, beside others that have more room than they need."""
    found = []
    for view in shown(window):
        header = _header(view)
        # Without a head they are no columns, but tiles.
        if header is None or header.isHidden() or not isinstance(view, QTableView | QTreeView):
            continue
        columns = [one for one in range(header.count()) if not header.isSectionHidden(one)]
        spare = {one: header.sectionSize(one) - view.sizeHintForColumn(one) for one in columns}
        last = columns[-1] if columns else -1
        if columns:
            # Some tables keep room for what their last column may come to say.
            kept = getattr(getattr(view, "fitted", None), "least", 0)
            spare[last] -= max(kept - view.sizeHintForColumn(last), 0)
        for column in columns:
            if spare[column] < -2 and column != last and spare[last] > _NO_ROOM - spare[column]:
                found.append(f"{_name(view)} column {column}: {-spare[column]} missing, {spare[last]} spare")
    return found


def _header(view: QWidget) -> QHeaderView | None:
    if isinstance(view, QTableView):
        return view.horizontalHeader()
    return view.header() if isinstance(view, QTreeView) else None


def _text(widget: QWidget) -> str:
    if isinstance(widget, QLabel):
        return "" if widget.wordWrap() else widget.text()
    if isinstance(widget, QComboBox):
        return widget.currentText()
    return widget.text() if isinstance(widget, QAbstractButton) else ""


def _room_beside(widget: QWidget) -> int:
    """Return how many pixels to the right of a widget nothing else needs."""
    above = widget.parentWidget()
    if above is None or isinstance(above, QToolBar):
        return 0
    mine = widget.geometry()
    edges = [
        other.geometry().left()
        for other in above.findChildren(QWidget)
        if other.parentWidget() is above
        and other.isVisible()
        and other.geometry().left() >= mine.right()
        and other.geometry().top() <= mine.bottom()
        and other.geometry().bottom() >= mine.top()
    ]
    return min([*edges, above.width()]) - mine.right()


def _name(widget: QWidget) -> str:
    above = widget
    while not above.objectName() and above.parentWidget() is not None:
        parent = above.parentWidget()
        if parent is None:
            break
        above = parent
    return f"{type(widget).__name__} {above.objectName()}"


def _told(place: QRect) -> str:
    return f"{place.x()},{place.y()} {place.width()}×{place.height()}"
