"""From a bare machine to an environment in which the portal runs: .venv by the hash lock, and the system's libraries.

Standard library only, since nothing else is there yet; needs Python 3.11 and a network. When everything is in place it
does nothing and takes a moment. It never installs into the system's Python.

    python3 deploy/bootstrap.py [--with-browser] [--with-lint]
"""

import argparse
import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements.txt"
STAMP = VENV / "lock.sha256"
# Tools whose own dependencies would not fit beside the portal's.
LINT_VENV = VENV / "lint"
LINT_LOCK = ROOT / "requirements-lint.txt"
OLDEST = (3, 11)
NEWER_PYTHONS = ("python3.14", "python3.13", "python3.12", "python3.11")

# What it is for, how it is recognised, and its package on Debian and Ubuntu.
LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
# PDFs have faces of their own; these are for the tests' browser, whose pages in Arabic, Hindi, Bengali and Chinese are
# measured and looked at: without them every character is a box of one width.
FONTS = "fonts-noto-core"
CHINESE_FONT = "fonts-droid-fallback"
TEST_PROGRAMS = {
    "chromium": "chromium",
    "chromium-headless-shell": "chromium-headless-shell",
    "pdftotext": "poppler-utils",
    "w3m": "w3m",
    "clamd": "clamav-daemon",
}


class UnableToSetUp(Exception):
    """What is missing and the command that brings it."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Set up what the portal needs")
    parser.add_argument("--with-browser", action="store_true", help="what the tests need, too")
    parser.add_argument("--with-lint", action="store_true", help="what make lint needs, too")
    arguments = parser.parse_args()
    _use_a_python_that_is_new_enough()
    try:
        _bring_packages()
        _bring_command()
        if arguments.with_lint:
            _bring_lint_tools()
        _bring_system_packages(with_browser=arguments.with_browser)
    except UnableToSetUp as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def _use_a_python_that_is_new_enough() -> None:
    if sys.version_info >= OLDEST:
        return
    for name in NEWER_PYTHONS:
        if found := shutil.which(name):
            os.execv(found, [found, *sys.argv])  # noqa: S606  # a shell would only be in the way
    sys.exit(f"The portal needs Python 3.11 or newer; this is {platform.python_version()}.")


def _bring_packages() -> None:
    wanted = hashlib.sha256(LOCK.read_bytes() + str(_version_in_venv()).encode()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    if not PYTHON.exists() or _version_in_venv() is None:
        print("Making .venv", flush=True)
        # Without pip: Debian has the part that would install it in a package of its own.
        _run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV)], "Python's module venv is missing")
    print("Installing packages from the hash lock", flush=True)
    _install_lock()
    STAMP.write_text(hashlib.sha256(LOCK.read_bytes() + str(_version_in_venv()).encode()).hexdigest())


def _bring_lint_tools() -> None:
    """Bandit, semgrep and the like, in an environment of their own inside .venv."""
    stamp = LINT_VENV / "lock.sha256"
    wanted = hashlib.sha256(LINT_LOCK.read_bytes() + str(_version_in_venv()).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print("Installing the lint tools", flush=True)
    _run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(LINT_VENV)], "Python's module venv is missing")
    _install_lock(LINT_VENV / "bin" / "python", LINT_LOCK)
    stamp.write_text(wanted)


def _bring_command() -> None:
    """`.venv/bin/portal`: the command line, from any folder."""
    command = VENV / "bin" / "portal"
    text = f'#!/bin/sh\nPYTHONPATH="{VENV.parent}" exec "{PYTHON}" -m deploy.console "$@"\n'
    if not command.exists() or command.read_text() != text:
        command.write_text(text)
        command.chmod(0o755)


def _install_lock(python: Path = PYTHON, lock: Path = LOCK) -> None:
    options = ["--quiet", "--require-hashes", "--python", str(python), str(lock)]
    # A company's proxy signs with an authority that only the system's store knows.
    trusting_the_system = {**os.environ, "UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"}
    said = []
    for environment in (dict(os.environ), trusting_the_system):
        done = _quietly([_uv(), "pip", "sync", *options], environment)
        if done.returncode == 0:
            return
        said.append(done.stderr[-1500:])
    # A company's own index is written where pip looks and uv does not. Slower by a minute.
    done = _quietly([*_pip(), "--python", str(python), "install", "--quiet", "--require-hashes", "-r", str(lock)])
    if done.returncode:
        said.append(done.stderr[-1500:])
        raise UnableToSetUp("The packages could not be installed: is there a network?\n\n" + "\n".join(said))


def _version_in_venv() -> "str | None":
    """The Python in .venv; None when there is none or it does not run (the system's was upgraded under it)."""
    if not PYTHON.exists():
        return None
    done = _quietly([str(PYTHON), "-c", "import sys; print(*sys.version_info[:3])"])
    return done.stdout.strip() if done.returncode == 0 else None


def _uv() -> str:
    """uv on PATH, else one in a folder of its own inside .venv, where `uv pip sync` does not remove it."""
    own = VENV / "uv" / "bin" / "uv"
    for found in (shutil.which("uv"), str(own)):
        if found and Path(found).exists() and _quietly([found, "--version"]).returncode == 0:
            return found
    print("Installing uv into .venv", flush=True)
    _run(
        [*_pip(), "install", "--quiet", "--disable-pip-version-check", "--target", str(VENV / "uv"), "uv"],
        "uv could not be installed: is there a network?",
    )
    return str(own)


def _pip() -> "list[str]":
    """A pip that runs: this Python's, else one that the standard library brings, else the distribution's package."""
    if _quietly([sys.executable, "-m", "pip", "--version"]).returncode == 0:
        return [sys.executable, "-m", "pip"]
    helper = VENV / "with-pip"
    if _quietly([sys.executable, "-m", "venv", "--clear", str(helper)]).returncode == 0:
        return [str(helper / "bin" / "python"), "-m", "pip"]
    _install(["python3-pip"], "Python's pip is missing.")
    return [sys.executable, "-m", "pip"]


def _bring_system_packages(*, with_browser: bool) -> None:
    missing = _missing(with_browser=with_browser)
    if not missing:
        return
    _install(missing, "Libraries of the system are missing: receipts and consents are made with Pango.")
    if still := _missing(with_browser=with_browser):
        raise UnableToSetUp(f"These were installed but cannot be used: {', '.join(still)}.")


def _missing(*, with_browser: bool) -> "list[str]":
    if sys.platform == "darwin":
        return []  # WeasyPrint says itself which Homebrew package it misses
    missing = [package for library, package in LIBRARIES.items() if not _loads(library)]
    if with_browser:
        missing += [] if _font("ar", "Arabic") else [FONTS]
        missing += [] if _font("zh", "CJK", "Fallback") else [CHINESE_FONT]
        missing += [package for program, package in TEST_PROGRAMS.items() if not _which(program)]
    return missing


def _which(program: str) -> "str | None":
    """Also where daemons lie, which is on nobody's path but root's."""
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _font(language: str, *names: str) -> bool:
    """A font made for a script. One for Arabic stands for all but Chinese: its package is meant for the world.

    By name: fonts of many scripts say that they cover Arabic and have neither all of its letters nor its joined forms.
    """
    if shutil.which("fc-list"):
        said = _quietly(["fc-list", f":lang={language}", "family"]).stdout
        return any(name in said for name in names)
    folders = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")
    found = (next(folder.rglob(f"*{name}*"), None) for folder in folders if folder.is_dir() for name in names)
    return any(found)


def _install(packages: "list[str]", why: str) -> None:
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if not shutil.which("apt-get"):
        raise UnableToSetUp(
            f"{why}\nInstall what your system calls these Debian packages, then try again: {' '.join(packages)}"
        )
    if os.geteuid() != 0:
        raise UnableToSetUp(f"{why}\nRun this, then try again:\n\n    sudo {' '.join(command)}\n")
    print(f"Installing {' '.join(packages)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # The list of packages of a fresh container image is empty; one mirror that fails need not be the one we need.
    _quietly(["apt-get", "update"], environment)
    done = _quietly(command, environment)
    if done.returncode:
        raise UnableToSetUp(f"{why}\n{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def _quietly(command: "list[str]", environment: "dict[str, str] | None" = None) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    except OSError as error:
        return subprocess.CompletedProcess(command, 127, "", str(error))


def _run(command: "list[str]", why: str) -> None:
    done = _quietly(command)
    if done.returncode:
        raise UnableToSetUp(f"{why}\n{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")


if __name__ == "__main__":
    sys.exit(main())
