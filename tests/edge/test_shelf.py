"""The shelf finds songs, leaves broken ones out, and keeps the queue in order."""

import logging

import pytest

from edge.adapters.song_folder import open_song
from edge.core.errors import Refused, SongError
from edge.shelf import LONGEST_QUEUE, Shelf, SongQueue
from edge.wire.songs import QueuedSong, SongInfo

NOTES = (
    "#TITLE:{title}\n#ARTIST:{artist}\n#BPM:120\n#GAP:0\n: 0 4 60 la\n: 4 4 62 la\n- 10\n: 12 4 64 la\nE\n"
)


def put_song(folder, name, title="Star", artist="KTV"):
    (folder / name).mkdir(parents=True)
    (folder / name / "song.txt").write_text(NOTES.format(title=title, artist=artist), encoding="utf-8")


@pytest.fixture
def folders(tmp_path):
    put_song(tmp_path / "shipped", "star", "包厢上的星", "KTV Live")
    put_song(tmp_path / "shipped", "walls", "Four Walls", "The House")
    put_song(tmp_path / "mine", "star", "Another star", "Someone")
    put_song(tmp_path / "mine", "moon", "Moon", "Someone")
    return tmp_path


@pytest.fixture
def shelf(folders):
    shelf = Shelf([folders / "shipped", folders / "mine"], folders / "fetched", open_song)
    shelf.read()
    return shelf


def test_every_folder_is_read_and_the_earlier_one_counts(shelf):
    assert len(shelf) == 3
    assert shelf.info("star").title == "包厢上的星"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", ["walls", "moon", "star"]),
        ("星", ["star"]),
        ("SOMEONE", ["moon"]),
        ("house four", ["walls"]),
        ("house moon", []),
    ],
)
def test_songs_are_found_by_parts_of_title_and_artist(shelf, words, found):
    assert [info.id for info in shelf.find(words)] == found


def test_no_more_are_found_than_wanted(shelf):
    assert len(shelf.find("", limit=2)) == 2


def test_a_song_that_is_not_there_is_refused(shelf):
    assert not shelf.has("sun")
    with pytest.raises(Refused, match="'sun' is not on this box's shelf of 3"):
        shelf.get("sun")


def test_a_broken_song_is_said_and_left_out(folders, caplog):
    caplog.set_level(logging.WARNING)
    (folders / "mine" / "broken").mkdir()
    (folders / "mine" / "broken" / "song.txt").write_text("not a song")
    (folders / "mine" / "empty").mkdir()
    shelf = Shelf([folders / "shipped", folders / "mine", folders / "none"], folders / "fetched", open_song)

    shelf.read()

    assert len(shelf) == 3
    assert len([r for r in caplog.records if "left out" in r.getMessage()]) == 2
    assert f"song folder {folders / 'none'} is not there" in caplog.text


def test_a_fetched_song_is_kept_for_the_next_start(shelf, folders, root):
    notes = NOTES.format(title="Sun", artist="Hub").encode()
    sound = (root / "edge/data/songs/star-over-the-booth/backing.ogg").read_bytes()

    files = shelf.keep("sun", notes, {"backing": sound})

    assert files.song.title == "Sun"
    assert files.backing == folders / "fetched" / "sun" / "backing.ogg"
    again = Shelf([], folders / "fetched", open_song)
    again.read()
    assert again.has("sun")


def test_a_newer_copy_takes_the_place_of_the_older(shelf):
    shelf.keep("sun", NOTES.format(title="Sun", artist="Hub").encode(), {})

    shelf.keep("sun", NOTES.format(title="Sun 2", artist="Hub").encode(), {})

    assert shelf.info("sun").title == "Sun 2"


@pytest.mark.parametrize(
    ("notes", "sounds"),
    [(b"<html>", {}), (NOTES.format(title="Sun", artist="Hub").encode(), {"backing": b"<html>"})],
)
def test_a_fetched_song_that_cannot_be_read_leaves_nothing_behind(shelf, folders, notes, sounds):
    with pytest.raises(SongError):
        shelf.keep("sun", notes, sounds)

    assert not shelf.has("sun")
    assert list((folders / "fetched").iterdir()) == []


def queued(name: str) -> QueuedSong:
    return QueuedSong(id=name, song=SongInfo(id=f"song-{name}", title=name, artist="x", duration_s=10))


def names(queue: SongQueue) -> list[str]:
    return [song.id for song in queue.songs]


def test_songs_wait_in_the_order_they_came_and_the_top_goes_first():
    queue = SongQueue()
    for name in "abc":
        queue.add(queued(name))
    queue.add(queued("a"))

    queue.top("c")

    assert names(queue) == ["c", "a", "b"]
    assert queue.head == queued("c")
    queue.remove("a")
    assert queue.skip() == queued("c")
    assert names(queue) == ["b"]


def test_a_song_that_was_sung_leaves_the_queue_only_if_it_was_first():
    queue = SongQueue()
    queue.add(queued("a"))
    queue.add(queued("b"))

    queue.sung("song-b")
    assert names(queue) == ["a", "b"]
    queue.sung("song-a")
    assert names(queue) == ["b"]


def test_an_empty_queue_skips_to_nothing_and_a_full_one_refuses():
    queue = SongQueue()
    assert queue.skip() is None and queue.head is None
    for number in range(LONGEST_QUEUE):
        queue.add(queued(f"q{number}"))

    with pytest.raises(Refused, match="100 songs wait already"):
        queue.add(queued("more"))


@pytest.mark.parametrize("do", ["top", "remove"])
def test_a_song_that_does_not_wait_cannot_be_moved(do):
    with pytest.raises(Refused, match="no song 'x' waits"):
        getattr(SongQueue(), do)("x")
