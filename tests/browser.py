"""Chromium for tests of pages: Debian's, driven by Playwright; what it complains of, and what axe finds."""

import shutil
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

NEEDED = "needs Playwright with Debian's Chromium: pip install -e '.[browser]' and apt-get install chromium"


@contextmanager
def opened(address, **options):
    """Open a page, and fail what it says on its console, its errors, and requests that lead away."""
    playwright = pytest.importorskip("playwright.sync_api", reason=NEEDED)
    if (program := shutil.which("chromium")) is None:
        pytest.skip(NEEDED)
    complaints, requests = [], []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(**options)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(address)
        yield page
        browser.close()
    assert complaints == []
    own = address if address.startswith("file:") else "/".join(address.split("/")[:3])
    elsewhere = [url for url in requests if not url.startswith((own, "data:", "blob:"))]
    assert elsewhere == []


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Say nothing."""


@contextmanager
def served(folder):
    """Serve a folder on this machine, and give its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def violations(page):
    """Return what axe finds, by rule."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason=NEEDED)
    found = axe.Axe().run(page).response["violations"]
    return {one["id"]: [node["target"] for node in one["nodes"]] for one in found}
