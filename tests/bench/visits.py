"""One page in a new profile of Chromium, and once more in it: what came over the wire, and when what could be seen."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

from tests.support.browser import PHONE, visitor

STEP = 50  # milliseconds between two looks for a field
SLOWER = 6  # times slower than this machine's processor
#: Light on purpose: what measures runs on the slowed processor, too. Answers with the kind of the field, once focused.
#: Nobody types before anything is seen; and from the first key on, Chromium tells no larger paint.
FIELD = """() => {
  const observer = new PerformanceObserver(() => {});
  observer.observe({type: 'largest-contentful-paint', buffered: true});
  const painted = observer.takeRecords().length;
  observer.disconnect();
  if (!painted) return '';
  const kinds = ['input:not([type=hidden])', 'select', 'textarea'];
  const field = document.querySelector(kinds.map((kind) => `main ${kind}:enabled`).join());
  if (!field) return document.readyState === 'complete' ? 'none' : '';
  field.focus();
  return document.activeElement === field ? field.type : '';
}"""
TAKEN = "() => [performance.now(), document.activeElement.value]"
TYPED_INTO = ("text", "tel", "email", "search", "number", "password", "textarea")
#: Works without the page's own scripts, too: it is asked from outside.
PAINTS = """() => {
  const observer = new PerformanceObserver(() => {});
  observer.observe({type: 'largest-contentful-paint', buffered: true});
  const largest = observer.takeRecords().map((entry) => entry.startTime);
  const first = performance.getEntriesByName('first-contentful-paint').map((entry) => entry.startTime);
  const page = performance.getEntriesByType('navigation')[0];
  return {first: first[0] || 0, largest: Math.max(0, ...largest), script: page.domContentLoadedEventEnd};
}"""


@dataclass(frozen=True, kw_only=True)
class Link:
    """A thin link: kilobits a second, milliseconds there and back."""

    name: str
    kilobits: int
    round_trip: int


@dataclass(frozen=True, kw_only=True)
class Load:
    """One load of a page. Times in seconds from its asking; None where there is no field, or no script runs."""

    requests: int
    received: int
    first_paint: float
    largest_paint: float
    typed: float | None
    script: float | None


class NothingPainted(AssertionError):
    """A page was there and none of it was seen: what measures is broken."""


def visit(
    browser: Browser, url: str, path: str, cookies: Mapping[str, str], *, javascript: bool, link: Link | None
) -> list[Load]:
    """The page on a first visit and on the next; unthrottled without a link."""
    with visitor(browser, size=PHONE, javascript=javascript) as context:
        context.add_cookies([
            {"name": name, "value": value, "url": url.replace("http:", "https:"), "secure": True, "httpOnly": True}
            for name, value in cookies.items()
        ])  # fmt: skip
        page = context.new_page()
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        if link is not None:
            _thin(wire, link)
        return [_load(page, wire, f"{url}{path}", javascript=javascript, timed=link is not None) for _ in range(2)]


def _thin(wire: CDPSession, link: Link) -> None:
    rate = link.kilobits * 1000 / 8
    conditions = {"offline": False, "latency": link.round_trip, "downloadThroughput": rate, "uploadThroughput": rate}
    wire.send("Network.emulateNetworkConditions", conditions)
    wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})


def _load(page: Page, wire: CDPSession, address: str, *, javascript: bool, timed: bool) -> Load:
    with _counted(wire) as sizes:
        answer = page.goto(address, wait_until="commit")
        if answer is None or answer.status != 200:
            raise NothingPainted(f"{address} answered {answer.status if answer else 'nothing'}")
        typed = _typed(page) if timed else None
        page.wait_for_load_state("networkidle")
    seen = page.evaluate(PAINTS)
    if not seen["first"] or not seen["largest"]:
        raise NothingPainted(f"{address}: {seen}")
    return Load(
        requests=len(sizes),
        received=sum(sizes),
        first_paint=seen["first"] / 1000,
        largest_paint=seen["largest"] / 1000,
        typed=typed,
        script=seen["script"] / 1000 if javascript else None,
    )


@contextmanager
def _counted(wire: CDPSession) -> Iterator[list[int]]:
    """Bytes of each answer that came over the wire in the block, but for those from the cache and to scripts.

    A page's own script asks after the page is there: for the ticket of a call, or whether something is new.
    """
    sizes: list[int] = []
    passed_over: set[str] = set()

    def kept(event: Mapping[str, Any]) -> None:
        passed_over.add(event["requestId"])

    def answered(event: Mapping[str, Any]) -> None:
        answer = event["response"]
        from_cache = answer.get("fromDiskCache") or answer.get("fromPrefetchCache")
        if from_cache or event["type"] in ("XHR", "Fetch"):
            passed_over.add(event["requestId"])

    def finished(event: Mapping[str, Any]) -> None:
        if event["requestId"] not in passed_over:
            sizes.append(int(event["encodedDataLength"]))

    heard = {
        "Network.requestServedFromCache": kept,
        "Network.responseReceived": answered,
        "Network.loadingFinished": finished,
    }
    for name, hear in heard.items():
        wire.on(name, hear)
    try:
        yield sizes
    finally:
        for name, hear in heard.items():
            wire.remove_listener(name, hear)


def _typed(page: Page) -> float | None:
    """Seconds until the page's first field has taken a key, or the focus where there is nothing to type."""
    while not (kind := page.evaluate(FIELD)):
        page.wait_for_timeout(STEP)
    if kind == "none":
        return None
    before = page.evaluate(TAKEN)[1]
    if kind in TYPED_INTO:
        page.keyboard.press("7")
    taken, value = page.evaluate(TAKEN)
    if kind in TYPED_INTO and value == before:
        raise NothingPainted(f"{page.url}: a key went nowhere")
    return float(taken) / 1000
