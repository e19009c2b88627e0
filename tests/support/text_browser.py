"""A person at a terminal with w3m: no scripts, no styles, no pointer; only words, and keys that w3m has by itself."""

import os
import pty
import re
import signal
import subprocess
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.processes import wait_until

NEXT, BEFORE, PRESS, CLEARED = "\t", "\x1b\t", "\r", "\x05\x15"
#: Nobody at a terminal is asked about cookies and certificates of a portal on the same machine in a test.
OPTIONS = (
    "use_cookie=1",
    "accept_cookie=1",
    "ssl_verify_server=0",
    "confirm_qq=0",
    "wrap_search=1",
    "ignorecase_search=0",
)
#: What w3m's search takes for more than itself.
SPECIAL = re.compile(r"([.*+?|^$()\[\]\\])")
#: What the person wishes to write: their editor is `mv`, which puts it where w3m says.
WORDS = "words"
ROWS, COLUMNS = 60, 100
#: Where the local modes stand in what a terminal says of itself.
LOCAL_MODES = 3


class TextBrowser:
    """One w3m on a terminal of its own. `folder`: its home, where what is on the screen is saved to be read."""

    def __init__(self, terminal: int, folder: Path) -> None:
        self._terminal, self._folder, self._asked = terminal, folder, 0

    def open(self, url: str) -> None:
        """Goes to an address."""
        self._keys(f"U{CLEARED}{url}{PRESS}")

    def words(self) -> str:
        """The whole page as w3m has laid it out, with the fields in their brackets."""
        self._asked += 1
        page, after = self._folder / f"page-{self._asked}", self._folder / f"after-{self._asked}"
        self._keys(f"S{page}{PRESS}S{after}{PRESS}")  # the second is begun once the first is whole
        assert wait_until(after.exists, timeout=30), "w3m does not answer"
        return page.read_text("utf-8")

    def await_words(self, pattern: str) -> str:
        """The page, once these words stand on it."""
        seen = [""]

        def there() -> bool:
            seen[0] = self.words()
            return re.search(pattern, seen[0]) is not None

        assert wait_until(there, timeout=30), f"no {pattern!r} on the page:\n{seen[0]}"
        return seen[0]

    def write(self, label: str, text: str) -> None:
        """Fills in the field that follows these words."""
        self._keys(f"{self._at(label)}{NEXT}{PRESS}{CLEARED}{text}{PRESS}")

    def write_at_length(self, label: str, text: str, *, under: str = "") -> None:
        """Fills in the field of several lines that follows these words: w3m hands it to an editor."""
        (self._folder / WORDS).write_text(text, "utf-8")
        self._keys(f"{self._at(under)}{self._find(label)}{NEXT}{PRESS}")
        assert wait_until(lambda: not (self._folder / WORDS).exists(), timeout=30), f"no field after {label!r}"

    def choose(self, label: str, *, under: str = "") -> None:
        """Marks the box or the button that stands before these words; `under`: which question's."""
        self._keys(f"{self._at(under)}{self._find(label)}{BEFORE}{PRESS}")

    def pick(self, label: str, option: str) -> None:
        """Takes one of the list that follows these words: w3m opens it as a menu, and a menu can be searched."""
        self._keys(f"{self._at(label)}{NEXT}{PRESS}/{option}{PRESS}{PRESS}")

    def press(self, label: str, *, under: str = "") -> None:
        """A link or a button, by its own words; `under`: after which others."""
        self._keys(f"{self._at(under)}{self._find(label)}{PRESS}")

    def _at(self, words: str) -> str:
        return f"g{self._find(words)}" if words else "g"

    @staticmethod
    def _find(words: str) -> str:
        plain = SPECIAL.sub(r"\\\1", words)
        return f"/{CLEARED}{plain}{PRESS}"

    def _keys(self, keys: str) -> None:
        """What is typed. While the editor has the terminal, it gathers lines: the key that clears takes back all."""
        assert wait_until(self._reads_keys, timeout=30), "w3m has not taken the terminal back"
        os.write(self._terminal, keys.encode())

    def _reads_keys(self) -> bool:
        return not termios.tcgetattr(self._terminal)[LOCAL_MODES] & termios.ICANON


@contextmanager
def text_browser(folder: Path, url: str) -> Iterator[TextBrowser]:
    """w3m as Debian has it, with nothing set but what OPTIONS says."""
    ours, its = pty.openpty()
    termios.tcsetwinsize(its, (ROWS, COLUMNS))
    options = [part for option in OPTIONS for part in ("-o", option)]
    environment = {
        "HOME": str(folder),
        "PATH": os.environ["PATH"],
        "EDITOR": f"mv {folder / WORDS}",
        "TERM": "xterm",
        "LANG": "C.UTF-8",
    }
    process = subprocess.Popen(
        ["w3m", *options, "-no-mouse", url],
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
        cwd=folder,
        env=environment,
    )
    os.close(its)
    threading.Thread(target=_let_it_draw, args=(ours,), daemon=True).start()
    try:
        yield TextBrowser(ours, folder)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        os.close(ours)


def _let_it_draw(terminal: int) -> None:
    """A terminal that nobody reads stands still once it is full."""
    try:
        while os.read(terminal, 65_536):
            pass
    except OSError:  # it has ended
        return
