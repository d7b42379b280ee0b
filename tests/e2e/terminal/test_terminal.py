"""What is typed at a terminal in place of a secret is asked for and not shown there."""

import os
import pty
import select
import termios
import time

import pytest
from support.service import binary

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 4226, appendix D
EXPORT = "otpauth-migration://offline?data="


class Terminal:
    """A command at a terminal of its own, and all that this one shows."""

    def __init__(self, *arguments):
        self.child, self.screen = pty.fork()
        if self.child == 0:
            os.execv(binary(), [binary(), *arguments])
        self.shown = ""

    def answer(self, text):
        """Waits for a question, and until what is typed is not shown; then types."""
        asked = len(self.shown)
        while not self.shown[asked:].endswith("(not shown): "):
            assert select.select([self.screen], [], [], 10)[0], f"no question: {self.shown}"
            self.shown += os.read(self.screen, 1024).decode()
        deadline = time.monotonic() + 10
        while termios.tcgetattr(self.screen)[3] & termios.ECHO:
            assert time.monotonic() < deadline, "what is typed would be shown"
            time.sleep(0.01)
        os.write(self.screen, text.encode())

    def end(self):
        """The exit status, once nothing more is shown."""
        try:
            while more := os.read(self.screen, 1024):
                self.shown += more.decode()
        except OSError:
            pass  # how Linux says that nobody is at the other end
        os.close(self.screen)
        return os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])


def test_a_typed_secret_is_used_and_not_shown():
    terminal = Terminal("code", "-", "--at", "59")
    terminal.answer(f"{SECRET}\r")
    assert terminal.end() == 0
    assert "287082" in terminal.shown
    assert SECRET not in terminal.shown


def test_secret_and_code_are_asked_for_one_after_the_other():
    terminal = Terminal("verify", "-", "-", "--at", "59")
    terminal.answer(f"{SECRET}\r")
    terminal.answer("287082\r")
    assert terminal.end() == 0, terminal.shown
    assert SECRET not in terminal.shown and "287082" not in terminal.shown


@pytest.mark.parametrize("command", [["code"], ["uri", "parse"], ["qr"], ["import"]])
def test_nothing_typed_is_an_error_that_says_so(command):
    terminal = Terminal(*command, "-")
    terminal.answer("\x04")
    assert terminal.end() == 2
    assert "error[input-empty]" in terminal.shown


def test_parts_of_an_export_are_typed_until_an_empty_line():
    terminal = Terminal("import", "-")
    terminal.answer(f"{EXPORT}AAAA\r")
    terminal.answer("\r")
    assert terminal.end() == 2, "it holds no account"
    assert "error[migration-" in terminal.shown and EXPORT not in terminal.shown
