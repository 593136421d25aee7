"""The server answers pages of this machine, and nobody else's."""

import http.client
import json
import threading

import pytest

from validation.explorer import scenes
from validation.explorer.server import Explorer


@pytest.fixture(scope="module")
def server():
    with Explorer([scenes.arrows(3, 0.0, 0)]) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def ask(server, path, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content.decode()


def test_it_listens_on_this_machine_only(server):
    assert server.server_address[0] == "127.0.0.1"


def test_the_page_and_a_run(server):
    status, page = ask(server, "/")
    assert status == 200
    assert 'data-served="yes"' in page
    status, text = ask(server, "/flow?n=4&m=8&l1=0.05&seed=2", Origin=server.address.rstrip("/"))
    assert (status, json.loads(text)) == (200, json.loads(json.dumps(scenes.flow(4, 8, 0.05, 2))))
    assert ask(server, "/", Host=f"localhost:{server.server_port}")[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "example.org"},
        {"Host": "127.0.0.1"},
        {"Origin": "http://example.org"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1"},
    ],
)
def test_pages_from_elsewhere_are_refused(server, headers):
    assert ask(server, "/", **headers) == (403, "Host and Origin must be this machine\n")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/flow?n=1000&m=1000&l1=0.01&seed=0", "n must be such that n² m is at most"),
        ("/flow?n=4&m=99999&l1=0.01&seed=0", "m must be such that n m is at most"),
        ("/flow?n=4&m=8&l1=much&seed=0", "l1 must be a number, got 'much'"),
        ("/flow?n=4.5&m=8&l1=0.01&seed=0", "n must be a whole number, got '4.5'"),
        ("/flow?n=4&m=8&l1=nan&seed=0", "l1 must be a finite number"),
        ("/flow?n=4&m=8", "settings must be n, m, l1, seed, got n, m"),
        ("/flow?n=4&m=8&l1=0.01&seed=0&x=1", "settings must be n, m, l1, seed, got"),
        ("/arrows?n=5&p=2&seed=0", "p must be"),
        ("/arrows?n=99&p=0&seed=0", "n must be a whole number of at least 1 and at most 8"),
    ],
)
def test_bad_settings_are_refused_in_one_line(server, path, line):
    status, text = ask(server, path)
    assert status == 400
    assert text.startswith(line)
    assert text.count("\n") == 1


def test_other_paths_are_not_there(server):
    assert ask(server, "/etc/passwd")[0] == 404
