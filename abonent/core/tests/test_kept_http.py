"""A kept HTTP client: one a process, closed when let go."""

import os

import httpx

from abonent.core import kept_http


def peer() -> kept_http.Kept:
    return kept_http.Kept(lambda: httpx.Client(transport=httpx.MockTransport(lambda _request: httpx.Response(200))))


def test_it_is_made_once_and_anew_after_it_was_let_go() -> None:
    kept = peer()
    first = kept.client()
    assert kept.client() is first
    kept.close()
    assert first.is_closed
    assert kept.client() is not first
    kept.close()


def test_a_forked_child_takes_no_connection_of_its_parent() -> None:
    kept = peer()
    ours = kept.client()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        theirs = kept.client()
        os.write(writer, b"its own" if theirs is not ours and not ours.is_closed else b"the parent's")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 20) == b"its own"
    os.close(reader)
    os.close(writer)
    kept.close()
