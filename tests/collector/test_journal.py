"""The journal keeps what it acknowledged: through kills, torn writes, full disks and many writers at once."""

import errno
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from whyspan_collector import journal as journal_module
from whyspan_collector.journal import Journal, JournalFull, JournalUnavailable, Position

BOUND = 1 << 20


def segments(folder: Path) -> list[Path]:
    """The segment files, oldest first."""
    return sorted(folder.glob("*.segment"))


def bodies(journal: Journal) -> list[bytes]:
    """What an earlier process left."""
    return [journal.read(position).body for position in journal.leftover()]


def write(folder: Path, *written: bytes) -> list[Position]:
    """Append bodies and leave the folder as a kill would."""
    journal = Journal(folder, BOUND)
    positions = [journal.append("traces", "json", body, index) for index, body in enumerate(written)]
    journal.close()
    return positions


def test_what_was_appended_is_found_again(tmp_path: Path) -> None:
    """Signal, encoding, body and arrival of every record that is not done survive the process."""
    journal = Journal(tmp_path, BOUND)
    journal.append("traces", "protobuf", b"one", 11)
    done = journal.append("logs", "json", b"two", 2**64 - 1)
    journal.append("metrics", "json", b"", 0)
    journal.done([done])
    journal.close()

    again = Journal(tmp_path, BOUND)

    records = [again.read(position) for position in again.leftover()]
    assert ("traces", "protobuf", b"one", 11) in records
    assert ("metrics", "json", b"", 0) in records


def test_a_journal_that_is_done_leaves_no_copy(tmp_path: Path) -> None:
    """Once all records are in the store neither the open journal nor the closed one holds their content."""
    journal = Journal(tmp_path, BOUND)
    journal.done([journal.append("traces", "json", b"a secret", 1)])

    assert [path.read_bytes() for path in segments(tmp_path)] == [b""]
    journal.close()
    assert segments(tmp_path) == []


def test_a_torn_tail_costs_only_itself(tmp_path: Path) -> None:
    """Cut at any byte, the file gives back every record that is whole, and the rest is counted."""
    positions = write(tmp_path / "whole", b"first", b"", b"third record")
    data = segments(tmp_path / "whole")[0].read_bytes()
    for cut in range(len(data) + 1):
        folder = tmp_path / str(cut)
        folder.mkdir()
        (folder / "000000000001.segment").write_bytes(data[:cut])

        journal = Journal(folder, BOUND)

        whole = [position for position in positions if position.end <= cut]
        assert journal.leftover() == whole
        assert journal.status()["damaged_bytes"] == cut - max((position.end for position in whole), default=0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(written=st.lists(st.binary(max_size=50), min_size=1, max_size=5), data=st.data())
def test_damage_is_never_taken_for_a_record(
    tmp_path_factory: pytest.TempPathFactory, written: list[bytes], data: st.DataObject
) -> None:
    """A changed byte costs at most the records from the damaged one on; what is read is always what was written."""
    folder = tmp_path_factory.mktemp("journal")
    positions = write(folder, *written)
    path = segments(folder)[0]
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)

    journal = Journal(folder, BOUND)

    read = bodies(journal)
    intact = sum(position.end <= place for position in positions)
    assert read[:intact] == written[:intact]
    assert [body for body in read if body not in written] == []
    assert journal.status()["damaged_bytes"] > 0


def test_a_tail_of_zeros_is_no_record(tmp_path: Path) -> None:
    """A file that a power cut left longer than what was written to it gives back what was written."""
    write(tmp_path, b"first")
    with segments(tmp_path)[0].open("ab") as file:
        file.write(bytes(4096))

    assert bodies(Journal(tmp_path, BOUND)) == [b"first"]


def test_waiting_appends_share_one_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one append waits for the disk seven more arrive; the next sync makes all seven durable."""
    journal = Journal(tmp_path, BOUND)
    synced: list[int] = []
    first_syncs, others_wrote = threading.Event(), threading.Event()
    real = os.fsync

    def sync(file: int) -> None:
        synced.append(file)
        first_syncs.set()
        assert others_wrote.wait(10)
        real(file)

    monkeypatch.setattr(journal_module, "_sync_data", sync)
    threads = [threading.Thread(target=journal.append, args=("traces", "json", b"body", n)) for n in range(8)]
    threads[0].start()
    assert first_syncs.wait(10)
    for thread in threads[1:]:
        thread.start()
    while segments(tmp_path)[0].stat().st_size < 8 * (journal_module._HEAD.size + journal_module._META.size + 4):
        time.sleep(0.001)
    others_wrote.set()
    for thread in threads:
        thread.join()

    assert len(synced) == 2
    assert journal.status()["waiting"] == 8


def test_many_writers_and_a_reader(tmp_path: Path) -> None:
    """Records written by many threads over many segments all come back, each exactly once, and segments go as they are done."""
    journal = Journal(tmp_path, 400_000)
    positions: list[tuple[Position, bytes]] = []

    def append(writer: int) -> None:
        for number in range(50):
            body = bytes([writer, number]) * 400
            positions.append((journal.append("traces", "protobuf", body, number), body))

    threads = [threading.Thread(target=append, args=(writer,)) for writer in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(segments(tmp_path)) > 1
    assert all(journal.read(position).body == body for position, body in positions)
    journal.done(position for position, _ in positions)
    assert journal.status()["waiting"] == journal.status()["bytes"] == 0


def test_the_backlog_is_bounded(tmp_path: Path) -> None:
    """At the bound the next append is refused, and accepted again once something is done."""
    journal = Journal(tmp_path, 4000)
    positions = [journal.append("traces", "json", b"x" * 970, number) for number in range(4)]
    with pytest.raises(JournalFull, match="4000 bytes"):
        journal.append("traces", "json", b"x" * 100, 5)
    assert sum(path.stat().st_size for path in segments(tmp_path)) <= 4000

    journal.done(positions)

    assert journal.append("traces", "json", b"x" * 100, 1)


@pytest.mark.parametrize("failing", ["write", "sync", "create"])
def test_a_full_disk_is_refused_and_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    """Without space an append says so; with space again it works, and what was acknowledged before is all there."""
    journal = Journal(tmp_path, BOUND)
    if failing != "create":
        journal.append("traces", "json", b"before", 1)

    with monkeypatch.context() as full:
        no_space(full, failing)
        for _ in range(2):
            with pytest.raises(JournalUnavailable, match="No space left on device"):
                journal.append("traces", "json", b"during", 2)
    journal.append("traces", "json", b"after", 3)
    journal.close()

    kept = bodies(Journal(tmp_path, BOUND))
    assert [body for body in kept if body != b"during"] == ([b"before"] if failing != "create" else []) + [b"after"]


def no_space(full: pytest.MonkeyPatch, failing: str) -> None:
    """Let the disk be full: a write stores half and fails, a sync fails, or no file can be created."""
    error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    real = os.write
    calls: list[int] = []

    def half_then_fail(file: int, data: memoryview) -> int:
        calls.append(1)
        if len(calls) % 2:
            return real(file, data[: len(data) // 2])
        raise error

    def fail(*_: Any) -> None:
        raise error

    if failing == "write":
        full.setattr(journal_module.os, "write", half_then_fail)
    elif failing == "sync":
        full.setattr(journal_module, "_sync_data", fail)
    else:
        full.setattr(journal_module.os, "open", fail)


def test_what_cannot_be_converted_is_kept_as_a_file(tmp_path: Path) -> None:
    """A record that was set aside is a file of its own with the reason beside it, counted by every later process."""
    journal = Journal(tmp_path, BOUND)
    position = journal.append("traces", "json", b"the body", 5)
    journal.set_aside(position, "TypeError: nobody knows")
    journal.done([position])
    journal.close()

    assert Journal(tmp_path, BOUND).status()["failed"] == 1
    kept = {path.suffix: path.read_bytes() for path in (tmp_path / "failed").iterdir()}
    assert kept == {".json": b"the body", ".txt": b"TypeError: nobody knows\n"}
