"""The dialog that chooses where readings come from: a server, a broker, a file, or simulated data."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QIcon
from PyQt6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from papaya.server_url import split_url
from papaya.settings import Options
from papaya_gui.labels import plain_label
from papaya_gui.sources.fleet_csv import is_database
from papaya_gui.sources.make import FILE, SIMULATED, SQLITE, THINGSBOARD
from papaya_gui.sources.reckoning import DAY_FIRST, MONTH_FIRST
from papaya_gui.sources.wanted import Wanted
from papaya_gui.theme import Theme
from papaya_gui.tokens import DIALOG, LIST, WORDS, XS, L, M, S, ink_style, inset
from papaya_gui.views.heard import name_parts
from papaya_gui.views.path_dialog import ask_to_open
from papaya_gui.views.sign import FAULT, Sign
from papaya_gui.views.sign_in import SignInForm

SERVER, BROKER, DATA, INVENTED = range(4)
_DATABASES = (".db", ".sqlite", ".sqlite3")


class SourceDialog(QDialog):
    """Signal: `wanted(Wanted)` without a manifest; whoever opens it says what became of it."""

    wanted = pyqtSignal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sourceDialog")
        self.setWindowTitle(self.tr("Source of readings"))
        self.setAccessibleName(self.windowTitle())
        self._theme = theme
        self.kinds = QListWidget(self)
        self.kinds.setObjectName("sourceKinds")
        self.kinds.setAccessibleName(self.tr("Kind of source"))
        self.kinds.setSpacing(XS)
        self.kinds.addItems(
            [
                self.tr("ThingsBoard"),
                self.tr("MQTT broker"),
                self.tr("File or database"),
                self.tr("Simulated data"),
            ]
        )
        self.kinds.setFixedWidth(LIST)
        self.kinds.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.sign_in = SignInForm(self)
        self.pages = QStackedWidget(self)
        for page in (
            self._page(self.sign_in),
            self._broker_page(),
            self._data_page(),
            self._simulated_page(),
        ):
            self.pages.addWidget(page)
        self.words = plain_label(parent=self)
        self.words.setObjectName("sourceWords")
        self.words.setAccessibleName(self.tr("What became of it"))
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words.setMinimumHeight(WORDS)
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.busy = QProgressBar(self)
        self.busy.setObjectName("sourceBusy")
        self.busy.setAccessibleName(self.tr("Under way"))
        self.busy.setRange(0, 0)
        self.busy.setTextVisible(False)
        self.busy.setFixedHeight(S)
        self._lay_out()
        name_parts(self)
        self._connect()
        self.resize(*DIALOG)

    def _lay_out(self) -> None:
        self.buttons = QDialogButtonBox(self)
        self.go = QPushButton(self.tr("Sign in"), self)
        self.go.setObjectName("sourceGo")
        self.go.setDefault(True)
        self.cancel = QPushButton(self.tr("Cancel"), self)
        self.cancel.setObjectName("sourceCancel")
        self.cancel.setAutoDefault(False)
        self.buttons.addButton(self.go, QDialogButtonBox.ButtonRole.ActionRole)
        self.buttons.addButton(self.cancel, QDialogButtonBox.ButtonRole.RejectRole)
        for button in (self.go, self.cancel):
            button.setIcon(QIcon())
        right = QVBoxLayout()
        right.setSpacing(S)
        right.addWidget(self.pages, 1)
        self.sign = Sign("sourceSign", self)
        said = QHBoxLayout()
        said.setSpacing(S)
        said.addWidget(self.sign, 0, Qt.AlignmentFlag.AlignTop)
        said.addWidget(self.words, 1)
        right.addLayout(said)
        right.addWidget(self.busy)
        both = QHBoxLayout()
        both.setSpacing(L)
        both.addWidget(self.kinds)
        both.addLayout(right, 1)
        layout = QVBoxLayout(self)
        inset(layout, L, gap=M)
        layout.addLayout(both, 1)
        layout.addWidget(self.buttons)
        self.busy.setVisible(False)

    def _connect(self) -> None:
        self.kinds.currentRowChanged.connect(self._on_kind)
        self.go.clicked.connect(self._on_go)
        self.buttons.rejected.connect(self.reject)
        self.sign_in.said.connect(self.say)
        self.sign_in.busyChanged.connect(self._on_busy)
        self.sign_in.signedIn.connect(self._on_signed_in)

    def _page(self, inside: QWidget | QFormLayout, told: str = "") -> QWidget:
        page = QWidget(self)
        column = QVBoxLayout(page)
        inset(column, gap=M)
        if told:
            words = plain_label(told, page)
            words.setWordWrap(True)
            column.addWidget(words)
        if isinstance(inside, QWidget):
            column.addWidget(inside)
        else:
            column.addLayout(inside)
        column.addStretch(1)
        return page

    def _line(self, name: str, title: str, hint: str = "") -> QLineEdit:
        line = QLineEdit(self)
        line.setObjectName(name)
        line.setAccessibleName(title)
        line.setPlaceholderText(hint)
        return line

    def _broker_page(self) -> QWidget:
        self.broker = self._line("brokerUrl", self.tr("Broker"), "mqtts://broker.example.com:8883")
        self.broker.setText("mqtt://127.0.0.1")
        self.pattern = self._line("brokerPattern", self.tr("Topics"), "papaya/{device}/{key}")
        self.broker_user = self._line("brokerUser", self.tr("User name"))
        self.broker_password = self._line("brokerPassword", self.tr("Password"))
        self.broker_password.setEchoMode(QLineEdit.EchoMode.Password)
        self.broker_authority, row = self._file_row(
            "brokerAuthority", self.tr("Certificate of a private authority")
        )
        form = _form()
        form.addRow(self.tr("&Broker"), self.broker)
        form.addRow(self.tr("&Topics"), self.pattern)
        form.addRow(self.tr("User &name"), self.broker_user)
        form.addRow(self.tr("&Password"), self.broker_password)
        form.addRow(self.tr("C&A certificate"), row)
        told = self.tr(
            "{device} and {key} stand where a topic has them; + and # for levels that do not matter."
        )
        return self._page(form, told)

    def _data_page(self) -> QWidget:
        self.file, row = self._file_row("dataFile", self.tr("File"))
        self.table = self._line("dataTable", self.tr("Table"), "readings")
        form = _form()
        form.addRow(self.tr("&File"), row)
        form.addRow(self.tr("&Table"), self.table)
        self.dates = QComboBox(self)
        self.dates.setObjectName("dataDates")
        self.dates.setAccessibleName(self.tr("Order of day and month in dates"))
        for text, order in (
            (self.tr("As the file proves"), ""),
            (self.tr("Day first (05/11/2026 is 5 November)"), DAY_FIRST),
            (self.tr("Month first (05/11/2026 is 11 May)"), MONTH_FIRST),
        ):
            self.dates.addItem(text, order)
        form.addRow(self.tr("&Dates"), self.dates)
        self._data_form = form
        self.file.textChanged.connect(self._on_file)
        self._on_file("")
        told = self.tr(
            "CSV or JSON with a column of times and one for each sensor, and a column device where there are "
            "several; or SQLite. A table of a database has such columns, or device, key, value and ts."
        )
        return self._page(form, told)

    def _on_file(self, name: str) -> None:
        """Ask for the table of a database, and for the dates of another file."""
        is_database = _is_database(name)
        self._data_form.setRowVisible(self.table, is_database)
        self._data_form.setRowVisible(self.dates, bool(name.strip()) and not is_database)
        # What one file needs says nothing about another.
        self.dates.setCurrentIndex(0)

    def _simulated_page(self) -> QWidget:
        told = self.tr(
            "Plausible values for every sensor of the open fleet, or of papaya's demo fleet. They come from "
            "no device: a banner, a watermark and a grey color say so."
        )
        return self._page(_form(), told)

    def _file_row(self, name: str, title: str) -> tuple[QLineEdit, QWidget]:
        line = self._line(name, title)
        choose = QPushButton(self.tr("Choose…"), self)
        choose.setObjectName(f"{name}Choose")
        choose.setAccessibleName(self.tr("Choose: %1").replace("%1", title))
        choose.setAutoDefault(False)
        choose.clicked.connect(lambda: self._on_choose(line, title))
        row = QWidget(self)
        across = QHBoxLayout(row)
        inset(across, gap=S)
        across.addWidget(line, 1)
        across.addWidget(choose)
        row.setFocusProxy(line)
        return line, row

    def _on_choose(self, line: QLineEdit, title: str) -> None:
        start = str(Path(line.text()).parent) if line.text() else str(Path.home())
        ask_to_open(self, title, start, "", lambda path: line.setText(str(path)))

    # Opening it

    def ask(self, kind: int, url: str = "", ca_file: str = "") -> None:
        """Open on the page of a kind; a URL is filled in."""
        if url:
            self.sign_in.url.setText(url)
            self.sign_in.ca_file.setText(ca_file)
        self.kinds.setCurrentRow(kind)
        self._on_kind(kind)
        self.say("", False)
        self.open()
        first = (self.sign_in.first_field(), self.broker, self.file, self.go)[kind]
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def say(self, text: str, is_fault: bool) -> None:
        """Say what is under way, or what went wrong."""
        self.words.setText(text)
        self.words.setAccessibleName(text or self.tr("What became of it"))
        self.words.setStyleSheet(ink_style(self._theme.alarm if is_fault else self._theme.text))
        self.sign.show_icon(FAULT if is_fault and text else "", self._theme.alarm)

    def set_opening(self, opening: bool) -> None:
        """Show that what is wanted is being opened."""
        self._on_busy(opening)
        if opening:
            self.say(self.tr("Opening…"), False)

    def show_failure(self, text: str) -> None:
        """Say that what was wanted cannot be opened, and let it be changed."""
        self._on_busy(False)
        self.say(text, True)

    def set_theme(self, theme: Theme) -> None:
        """Take another look."""
        self._theme = theme

    # What is done in it

    def _on_kind(self, kind: int) -> None:
        self.pages.setCurrentIndex(kind)
        self.say("", False)
        words = (self.tr("Sign in"), self.tr("Connect"), self.tr("Open"), self.tr("Show simulated data"))
        self.go.setText(words[max(kind, 0)])

    def _on_busy(self, busy: bool) -> None:
        self.busy.setVisible(busy)
        self.go.setEnabled(not busy)
        self.kinds.setEnabled(not busy and not self.sign_in.is_busy)

    def _on_go(self) -> None:
        kind = self.kinds.currentRow()
        if kind == SERVER:
            self.sign_in.go_on()
        elif kind == BROKER:
            self._on_broker()
        elif kind == DATA:
            self._on_data()
        else:
            self.wanted.emit(Wanted(source=SIMULATED))

    def _on_signed_in(self, url: str, ca_file: str) -> None:
        self.wanted.emit(Wanted(source=THINGSBOARD, server=Options(url=url, ca_file=ca_file or None)))

    def _on_broker(self) -> None:
        address = self.broker.text().strip()
        user = self.broker_user.text().strip()
        scheme, _, rest = address.partition("://")
        if user and "@" not in split_url(address).netloc:
            address = f"{scheme}://{quote(user, safe='')}@{rest}"
        pattern = self.pattern.text().strip()
        if pattern:
            address = f"{address.rstrip('/')}/{pattern}"
        server = Options(ca_file=self.broker_authority.text().strip() or None)
        self.wanted.emit(Wanted(source=address, server=server, password=self.broker_password.text() or None))

    def _on_data(self) -> None:
        name = self.file.text().strip()
        if not name:
            self.say(self.tr("Choose a file first."), True)
            return
        order = str(self.dates.currentData())
        source = f"{FILE}:{name}" + (f"?dates={order}" if order else "")
        if _is_database(name):
            table = self.table.text().strip()
            source = f"{SQLITE}:{name}" + (f"?table={quote(table)}" if table else "")
        self.wanted.emit(Wanted(source=source))

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Give up what is under way."""
        self.sign_in.stop()
        super().closeEvent(event)

    def done(self, result: int) -> None:
        """Give up what is under way; a dialog that was closed is not opened again."""
        self.sign_in.stop()
        super().done(result)


def _is_database(name: str) -> bool:
    path = Path(name.strip())
    return path.suffix.lower() in _DATABASES or is_database(path)


def _form() -> QFormLayout:
    form = QFormLayout()
    inset(form, gap=S)
    form.setVerticalSpacing(8)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return form
