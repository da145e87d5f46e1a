"""What a fault leaves behind: full and closed disks, killed builds, two at once, damaged files."""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest
from small_book import ROOT, SmallBook

from booktools.faults import DiskError, as_sentence, disk_error, disk_error_in
from booktools.files import kept
from booktools.locking import sole_writer
from booktools.sealing import Seal

PATIENCE = 300
REMEDY = "run the command again"
Pages = dict[str, str]


def command(book: SmallBook, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "booktools", "--root", str(book.root), *arguments]


def environment(**variables: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **variables}


def start(
    book: SmallBook,
    *arguments: str,
    limit: Callable[[], None] | None = None,
    **variables: str,
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(book, *arguments),
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=limit,
    )


def finish(process: subprocess.Popen[str]) -> str:
    """Return what a command that succeeds prints."""
    printed, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, printed
    return printed


def refusal(process: subprocess.Popen[str]) -> str:
    """Return the last line of a command that ends in a sentence."""
    printed, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1, printed
    assert "Traceback" not in printed
    assert "Handler <" not in printed
    last = printed.splitlines()[-1]
    assert last.startswith("Error: "), printed
    return last


def printed_until(process: subprocess.Popen[str], text: str) -> str:
    """Read what a command prints until the text is there."""
    seen = ""
    for line in process.stdout or ():
        seen += line
        if text in line:
            return seen
    raise AssertionError(f"{text!r} was never printed:\n{seen}")


def pages(book: SmallBook) -> Pages:
    """Return the digest of each file of the site, but for Sphinx's note on its own settings."""
    site = book.root / "_build/html/en"
    files = (path for path in site.rglob("*") if path.is_file() and path.name != ".buildinfo")
    return {
        path.relative_to(site).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    """Give a small book that is built in English, to be copied and never changed."""
    book = SmallBook(tmp_path_factory.mktemp("built"))
    book.translate("tr", "Metin.")
    finish(start(book, "build", "en"))
    return book


@pytest.fixture
def copy(built: SmallBook, tmp_path: Path) -> SmallBook:
    shutil.copytree(built.root, tmp_path / "copy")
    book = SmallBook(tmp_path / "copy")
    book.translate("tr", "Metin.")
    return book


@pytest.mark.parametrize("largest", [300, 20_000, 150_000])
def test_files_that_may_not_grow_end_in_a_sentence_and_the_next_build_is_clean(
    small_book: SmallBook, built: SmallBook, largest: int
) -> None:
    small_book.translate("tr", "Metin.")
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (largest, largest))
    last = refusal(start(small_book, "build", "en", limit=limit))
    assert "no room to write" in last
    assert "MB are free there" in last
    assert REMEDY in last
    finish(start(small_book, "build", "en"))
    assert pages(small_book) == pages(built)


def in_a_namespace(script: str, *arguments: str) -> list[str]:
    """Return a command that may mount and is without a network; skip where that is forbidden."""
    enter = ["unshare", "--map-root-user", "--mount", "--net"]
    if shutil.which("unshare") is None or subprocess.run([*enter, "true"]).returncode:
        pytest.skip("this machine lets no process have namespaces of its own")
    return [*enter, "sh", "-ec", script, "sh", *arguments]


def run_in_a_namespace(book: SmallBook, script: str, **variables: str) -> tuple[int, str]:
    done = subprocess.run(
        in_a_namespace(script, str(book.root), sys.executable),
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
    )
    return done.returncode, done.stdout


LOOPBACK_UP = """
"$2" - <<'END'
import fcntl, socket, struct
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
    fcntl.ioctl(one, 0x8914, struct.pack("16sh14x", b"lo", 0x41))  # SIOCSIFFLAGS: up, running
END
"""
FULL_DISK = (
    LOOPBACK_UP
    + """
mkdir -p "$1/_build"
mount -t tmpfs -o size=1500k tmpfs "$1/_build"
"$2" -m booktools --root "$1" build en && exit 9
mount -o remount,size=200m "$1/_build"
"$2" -m booktools --root "$1" build en
mkdir "$1/kept" && cp -r "$1/_build/html" "$1/kept/html"
"""
)


def test_a_full_disk_ends_in_a_sentence_and_a_build_with_room_is_clean(
    small_book: SmallBook, built: SmallBook
) -> None:
    small_book.translate("tr", "Metin.")
    code, printed = run_in_a_namespace(small_book, FULL_DISK)
    assert code == 0, printed
    (sentence,) = [line for line in printed.splitlines() if line.startswith("Error: ")]
    assert "no room to write" in sentence
    assert "Traceback" not in printed
    shutil.rmtree(small_book.root / "_build")
    (small_book.root / "kept").rename(small_book.root / "_build")
    assert pages(small_book) == pages(built)


CLOSED = """
mkdir -p "$1/_build"
mount --bind "$1/_build" "$1/_build"
mount -o remount,bind,ro "$1/_build"
for command in "build en" "notebooks en" "update tr" "serve en --port 0"; do
  "$2" -m booktools --root "$1" $command && exit 9
done
exit 0
"""


def test_a_folder_that_cannot_be_written_ends_every_command_in_a_sentence(
    small_book: SmallBook,
) -> None:
    code, printed = run_in_a_namespace(small_book, CLOSED)
    assert code == 0, printed
    errors = [line for line in printed.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 4
    assert all("_build" in line and "make" in line and REMEDY in line for line in errors)
    assert "Traceback" not in printed


@pytest.mark.parametrize("arguments", [("build", "en"), ("notebooks", "en"), ("update", "tr")])
def test_a_file_in_the_way_is_named(small_book: SmallBook, arguments: tuple[str, ...]) -> None:
    place = small_book.write("_build", "in the way")
    last = refusal(start(small_book, *arguments))
    assert f"{place} is a file where a folder is needed; move it away and {REMEDY}" in last


def test_a_file_in_the_way_of_a_worker_is_named(small_book: SmallBook) -> None:
    place = small_book.write("_build/doctrees/en", "in the way")
    assert f"{place} is a file where a folder is needed" in refusal(
        start(small_book, "build", "en")
    )


def test_words_of_other_programs_about_the_disk_are_understood(tmp_path: Path) -> None:
    for words in ("No space left on device (os error 28)", "database or disk is full"):
        assert "no room to write" in str(disk_error_in(words, tmp_path))
    for words in ("Read-only file system", "attempt to write a readonly database"):
        assert "read-only" in str(disk_error_in(words, tmp_path))
    assert disk_error_in("a missing label", tmp_path) is None


def test_what_is_behind_an_error_of_sphinx_is_found(tmp_path: Path) -> None:
    from sphinx.errors import ExtensionError

    closed = PermissionError(13, "Permission denied", str(tmp_path / "file"))
    found = disk_error(ExtensionError("Handler <function f at 0x0>", closed), tmp_path)
    assert isinstance(found, DiskError)
    assert str(tmp_path / "file") in str(found)
    assert disk_error(ExtensionError("Handler", KeyError("x")), tmp_path) is None


def test_another_error_of_the_system_names_its_file(tmp_path: Path) -> None:
    missing = FileNotFoundError(2, "No such file or directory", "book/a.md")
    sentence = as_sentence(missing, tmp_path)
    assert sentence == f"book/a.md: No such file or directory; mend that and {REMEDY}"


def emptied(data: bytes) -> bytes:
    return b""


def garbled(data: bytes) -> bytes:
    return b"\x00\xffgarbage" * 20


def halved(data: bytes) -> bytes:
    return data[: len(data) // 2]


def of_another_version(data: bytes) -> bytes:
    return data.replace(b"7.", b"1.").replace(b"sphinx", b"sphinks") + b"\n"


DAMAGES = (emptied, garbled, halved, of_another_version)
each_damage = pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)


@each_damage
def test_a_build_mends_every_file_that_is_damaged(
    copy: SmallBook, built: SmallBook, damage: Callable[[bytes], bytes]
) -> None:
    for path in (copy.root / "_build").rglob("*"):
        if path.is_file():
            path.write_bytes(damage(path.read_bytes()))
    finish(start(copy, "build", "en"))
    assert pages(copy) == pages(built)


@each_damage
def test_a_damaged_page_is_made_anew_with_a_line_that_says_so(
    copy: SmallBook, built: SmallBook, damage: Callable[[bytes], bytes]
) -> None:
    for name in ("html/en/book/index.html", "doctrees/en/book/glossary.doctree"):
        path = copy.root / "_build" / name
        path.write_bytes(damage(path.read_bytes()))
    printed = finish(start(copy, "build", "en"))
    assert printed.count("made anew: doctrees/en/book/glossary.doctree is not as it was") == 1
    assert pages(copy) == pages(built)


def files_of(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def test_no_damage_to_a_result_is_overlooked(copy: SmallBook) -> None:
    build = copy.root / "_build"
    folders = build / "doctrees/en", build / "html/en"
    for folder in folders:
        seal = Seal(build / "seals/test.json", (folder,))
        seal.close()
        assert seal.fault() is None
        whole = {path: path.read_bytes() for path in files_of(folder)}
        for damage in DAMAGES:
            for path, data in whole.items():
                path.write_bytes(damage(data))
            damaged = [path for path, data in whole.items() if damage(data) != data]
            assert [build / name for name in seal.changed()] == damaged
            assert seal.fault()
        for path in whole:
            path.unlink()
        assert [build / name for name in seal.changed()] == list(whole)


def test_what_cells_showed_counts_only_as_it_was_written(copy: SmallBook) -> None:
    files = [path for name in ("executed", "painted") for path in files_of(caches(copy) / name)]
    kept_files = [path for path in files if path.name != "seen"]
    assert len(kept_files) == 2
    for path in kept_files:
        data = path.read_bytes()
        assert kept(path)
        for damage in (emptied, garbled, halved):
            path.write_bytes(damage(data))
            assert kept(path) is None, (path, damage)


def caches(book: SmallBook) -> Path:
    return book.root / "_build/cache"


def test_what_other_tools_have_written_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/index.html").write_text("page")
    seal = Seal(tmp_path / "seals/pages.json", (tmp_path / "pages",))
    seal.close()
    record = seal.record.read_text()
    seal.record.write_text(record.replace("sphinx ", "sphinx 0."))
    assert seal.mend() == "other versions of the tools wrote them"
    assert not (tmp_path / "pages").exists()


def sleeping(book: SmallBook) -> None:
    """Let the first page's cell take a minute."""
    index = book.root / "book/index.md"
    index.write_text(index.read_text().replace("print(1 + 1)", "import time; time.sleep(60)"))


def ended(processes: list[psutil.Process], seconds: float) -> bool:
    """Say whether all have ended; those that nobody waits for any more count as ended."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("arguments", [("build", "en", "tr"), ("serve", "en", "--port", "0")])
def test_an_interrupt_ends_a_command_and_all_below_it_at_once(
    small_book: SmallBook, arguments: tuple[str, ...]
) -> None:
    sleeping(small_book)
    process = start(small_book, *arguments)
    printed_until(process, "running the cells: 0 %")
    time.sleep(3)
    below = psutil.Process(process.pid).children(recursive=True)
    assert len(below) >= 2, "a worker and its kernel"
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=PATIENCE)
    assert time.monotonic() - started < 5  # 2 seconds on a machine that does nothing else
    assert "Traceback" not in printed
    assert ended(below, 2)


@pytest.mark.parametrize(
    "moment",
    ["running the cells: 0 %", "ran book/index", "read book/index", "writing book/glossary"],
)
def test_a_killed_build_leaves_no_process_and_the_next_one_is_clean(
    small_book: SmallBook, built: SmallBook, moment: str
) -> None:
    small_book.translate("tr", "Metin.")
    process = start(small_book, "build", "en")
    printed_until(process, moment)
    below = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate(timeout=PATIENCE)
    assert ended(below, 10)
    finish(start(small_book, "build", "en"))
    assert pages(small_book) == pages(built)


def test_place_time_zone_locale_and_seed_of_hashes_change_no_byte(
    small_book: SmallBook, built: SmallBook
) -> None:
    small_book.translate("tr", "Metin.")
    elsewhere = {"LC_ALL": "C", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "7"}
    finish(start(small_book, "build", "en", **elsewhere))
    assert pages(small_book) == pages(built)


def test_a_page_that_is_written_again_is_what_a_first_build_writes(
    copy: SmallBook, built: SmallBook
) -> None:
    chapter = copy.root / "book/course/chapter.md"
    text = chapter.read_text(encoding="utf-8")
    for words in (f"{text}\nMore.\n", text):
        chapter.write_text(words, encoding="utf-8")
        finish(start(copy, "build", "en"))
    before, after = pages(built), pages(copy)
    names = [name for name in before if name.endswith(".html")]
    assert {name: after[name] for name in names} == {name: before[name] for name in names}


def test_a_second_build_waits_and_says_for_whom_and_both_are_clean(
    small_book: SmallBook, built: SmallBook
) -> None:
    small_book.translate("tr", "Metin.")
    first = start(small_book, "build", "en")
    begun = printed_until(first, "reading")
    first.send_signal(signal.SIGSTOP)
    second = start(small_book, "build", "en")
    printed_until(second, f"waiting for process {first.pid} (python -m booktools --root")
    first.send_signal(signal.SIGCONT)
    assert "waiting" not in begun + finish(first)
    finish(second)
    assert pages(small_book) == pages(built)


def test_a_waiting_command_ends_at_once_and_another_folder_waits_for_nobody(
    small_book: SmallBook, built: SmallBook, tmp_path: Path
) -> None:
    with sole_writer(small_book.root):
        process = start(small_book, "notebooks", "en")
        printed_until(process, f"waiting for process {os.getpid()} ")
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=PATIENCE)
        assert time.monotonic() - started < 5
        assert "Traceback" not in printed
        with sole_writer(tmp_path / "other"):
            pass


def test_the_lock_of_a_dead_process_is_no_obstacle(
    small_book: SmallBook, capsys: pytest.CaptureFixture[str]
) -> None:
    code = f"""
import os, pathlib, booktools.locking as locking
with locking.sole_writer(pathlib.Path({str(small_book.root)!r})):
    os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", code], env=environment(), check=False)
    assert (small_book.root / "_build/lock").exists()
    with sole_writer(small_book.root):
        pass
    assert capsys.readouterr().out == ""


ALONE = (
    LOOPBACK_UP
    + """
mkdir -p "$1/_build"
mount --rbind "$1" "$1"
mount -o remount,bind,ro "$1"
mount --bind "$BUILD" "$1/_build"
"$2" -m booktools --root "$1" build en tr
"""
)


def test_a_build_needs_no_network_and_writes_into_build_alone(
    small_book: SmallBook, built: SmallBook, tmp_path_factory: pytest.TempPathFactory
) -> None:
    small_book.translate("tr", "Metin.")
    places = tmp_path_factory.mktemp("places")
    names = ("HOME", "TMPDIR", "BUILD")
    for name in names:
        (places / name).mkdir()
    (small_book.root / "_build").mkdir()
    before = {path: path.read_bytes() for path in files_of(small_book.root)}
    variables = {name: str(places / name) for name in names}
    code, printed = run_in_a_namespace(small_book, ALONE, **variables)
    assert code == 0, printed
    assert {path: path.read_bytes() for path in files_of(small_book.root)} == before
    assert list(files_of(places / "HOME")) == []
    assert list(files_of(places / "TMPDIR")) == []
    (small_book.root / "_build").rmdir()
    (places / "BUILD").rename(small_book.root / "_build")
    assert pages(small_book) == pages(built)
