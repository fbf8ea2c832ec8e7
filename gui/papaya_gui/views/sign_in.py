"""Signing in to a ThingsBoard server: the fields, the second factor, and what went wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QWidget,
)

from papaya.errors import Interrupted, PapayaError
from papaya_gui.labels import plain_label
from papaya_gui.models.texts import bounded
from papaya_gui.sources.signing_in import Attempt, told
from papaya_gui.tokens import S, inset
from papaya_gui.views.path_dialog import ask_to_open
from papaya_gui.views.second_factor import Questions
from papaya_gui.workers import Worker

if TYPE_CHECKING:
    from papaya.api.second_factor import Provider
    from papaya.runs.sign_in import SignedIn


class SignInForm(QWidget):
    """The fields of a sign-in.

    Signals: `signedIn(url, ca_file)` once the server knows the user and the tokens are kept, `said(text,
    is_fault)` for the line below the form, `busyChanged(bool)`.
    """

    signedIn = pyqtSignal(str, str)
    said = pyqtSignal(str, bool)
    busyChanged = pyqtSignal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("signIn")
        self.is_busy = False
        self._attempt: Attempt | None = None
        self._asked = ""
        self._worker = Worker("sign-in", self)
        self._worker.done.connect(self._on_done)
        self._worker.failed.connect(self._on_failed)
        self.questions = Questions(self)
        self.questions.chosenWanted.connect(self._ask_way)
        self.questions.codeWanted.connect(self._ask_code)
        self.questions.codeSent.connect(
            lambda contact: self.said.emit(
                self.tr("The server has sent a code to %1.").replace("%1", contact), False
            )
        )
        self.questions.codeRefused.connect(lambda message: self.said.emit(message, True))
        self._make_fields()
        self._lay_out()
        self._show_way()

    def _make_fields(self) -> None:
        self.url = self._line("signInUrl", self.tr("Server URL"), self.tr("https://thingsboard.example.com"))
        self.by_password = QRadioButton(self.tr("User and password"), self)
        self.by_key = QRadioButton(self.tr("API key"), self)
        self.by_password.setObjectName("signInByPassword")
        self.by_key.setObjectName("signInByKey")
        self.by_key.setToolTip(self.tr("ThingsBoard 4.3 or later"))
        self.by_password.setChecked(True)
        self._ways = QButtonGroup(self)
        for button in (self.by_password, self.by_key):
            self._ways.addButton(button)
            button.toggled.connect(self._show_way)
        self.username = self._line("signInUser", self.tr("User name (e-mail)"), "")
        self.password = self._line("signInPassword", self.tr("Password"), "")
        self.api_key = self._line("signInKey", self.tr("API key"), "")
        for secret in (self.password, self.api_key):
            secret.setEchoMode(QLineEdit.EchoMode.Password)
        self.ca_file = self._line(
            "signInAuthority",
            self.tr("Certificate of a private authority"),
            self.tr("Only for a private CA"),
        )
        self.choose_file = QPushButton(self.tr("Choose…"), self)
        self.choose_file.setObjectName("signInChooseAuthority")
        self.choose_file.setAccessibleName(self.tr("Choose the certificate of a private authority"))
        self.choose_file.setAutoDefault(False)
        self.choose_file.clicked.connect(self._on_choose_file)
        self.way = QComboBox(self)
        self.way.setObjectName("signInWay")
        self.way.setAccessibleName(self.tr("Second factor"))
        self.code = self._line("signInCode", self.tr("Code"), "")

    def _line(self, name: str, title: str, hint: str) -> QLineEdit:
        line = QLineEdit(self)
        line.setObjectName(name)
        line.setAccessibleName(title)
        line.setPlaceholderText(hint)
        return line

    def _lay_out(self) -> None:
        ways, authority = QHBoxLayout(), QHBoxLayout()
        for button in (self.by_password, self.by_key):
            ways.addWidget(button)
        ways.addStretch(1)
        authority.addWidget(self.ca_file, 1)
        authority.addWidget(self.choose_file)
        self.form = QFormLayout(self)
        inset(self.form, gap=S)
        self.form.setVerticalSpacing(8)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.form.addRow(self.tr("Server &URL"), self.url)
        self.form.addRow(self.tr("Sign in with"), ways)
        self.form.addRow(self.tr("User &name (e-mail)"), self.username)
        self.form.addRow(self.tr("&Password"), self.password)
        self.form.addRow(self.tr("API &key"), self.api_key)
        self.form.addRow(self.tr("CA certificate"), authority)
        self.form.addRow(self.tr("Second &factor"), self.way)
        self.code_label = plain_label(self.tr("&Code"), self)
        self.code_label.setBuddy(self.code)
        self.form.addRow(self.code_label, self.code)
        for asked in (self.way, self.code):
            self.form.setRowVisible(asked, False)

    def _show_way(self) -> None:
        by_key = self.by_key.isChecked()
        self.form.setRowVisible(self.username, not by_key)
        self.form.setRowVisible(self.password, not by_key)
        self.form.setRowVisible(self.api_key, by_key)

    def first_field(self) -> QWidget:
        """Return the field that is to be filled first."""
        if not self.url.text().strip():
            return self.url
        if self.by_key.isChecked():
            return self.api_key
        return self.password if self.username.text().strip() else self.username

    # Signing in

    def go_on(self) -> None:
        """Sign in, or answer what the server asks."""
        if self._asked == "way":
            self._asked = ""
            self.form.setRowVisible(self.way, False)
            self.questions.answer(self.way.currentData())
            return
        if self._asked == "code":
            if not self.code.text().strip():
                self.said.emit(self.tr("Write the code first."), True)
                return
            self._asked = ""
            self.code.setEnabled(False)
            self.busyChanged.emit(True)
            self.said.emit(self.tr("Checking the code…"), False)
            self.questions.answer(self.code.text())
            return
        if self.is_busy:
            return
        by_key = self.by_key.isChecked()
        attempt = Attempt(
            self.url.text().strip(),
            "" if by_key else self.username.text().strip(),
            "" if by_key else self.password.text(),
            self.api_key.text().strip() if by_key else "",
            self.ca_file.text().strip(),
        )
        if by_key and not attempt.api_key:
            self.said.emit(self.tr("the API key is missing"), True)
            self.api_key.setFocus()
            return
        self._attempt = attempt
        self._set_busy(True)
        self.said.emit(self.tr("Signing in to %1…").replace("%1", attempt.url), False)
        self._worker.submit(attempt, lambda: attempt.carry_out(self.questions))

    def stop(self) -> None:
        """Give up what is under way; what hangs is left to itself."""
        self._attempt = None
        self.questions.give_up()
        self._worker.close(0.02)

    def _set_busy(self, busy: bool) -> None:
        self.is_busy = busy
        for field in (
            self.url, self.by_password, self.by_key, self.username, self.password, self.api_key,
            self.ca_file, self.choose_file,
        ):  # fmt: skip
            field.setEnabled(not busy)
        if not busy:
            self._asked = ""
            for asked in (self.way, self.code):
                self.form.setRowVisible(asked, False)
        self.busyChanged.emit(busy)

    def _ask_way(self, offered: tuple[Provider, ...]) -> None:
        self.way.clear()
        for provider in offered:
            text = f"{provider.kind} ({provider.contact})" if provider.contact else provider.kind
            self.way.addItem(text, provider)
        self.form.setRowVisible(self.way, True)
        self._asked = "way"
        self.said.emit(self.tr("Choose how to give the second factor."), False)
        self.busyChanged.emit(False)
        self.way.setFocus()

    def _ask_code(self, provider: Provider) -> None:
        titles = {"TOTP": self.tr("Code from your authenticator app"), "BACKUP_CODE": self.tr("Backup code")}
        self.code.setAccessibleName(titles.get(provider.kind, self.tr("Code")))
        self.code.setPlaceholderText(self.code.accessibleName())
        self.code.clear()
        self.code.setEnabled(True)
        self.form.setRowVisible(self.code, True)
        self._asked = "code"
        self.busyChanged.emit(False)
        self.code.setFocus()

    def _on_done(self, attempt: object, result: tuple[str, SignedIn]) -> None:
        if attempt is not self._attempt:
            return
        url, signed_in = result
        self._set_busy(False)
        self.password.clear()
        self.api_key.clear()
        self.said.emit(
            self.tr("Signed in to %1 as %2.").replace("%1", url).replace("%2", str(signed_in.user)), False
        )
        self.signedIn.emit(url, self.ca_file.text().strip())

    def _on_failed(self, attempt: object, error: Exception) -> None:
        if attempt is not self._attempt:
            return
        self._set_busy(False)
        if not isinstance(error, PapayaError):
            raise error
        if not isinstance(error, Interrupted):
            self.said.emit(bounded(told(error)), True)
        self.first_field().setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_choose_file(self) -> None:
        start = str(Path(self.ca_file.text()).parent) if self.ca_file.text() else str(Path.home())
        kinds = self.tr("Certificates (*.pem *.crt *.cer);;All files (*)")
        title = self.tr("Certificate of a private authority")
        ask_to_open(self, title, start, kinds, lambda path: self.ca_file.setText(str(path)))
