"""Times a page in Chromium, by the browser's own clock: until it is usable, and from a touch to its answer.

Nothing is timed across the wire to the browser. A script within the page listens for the touch, watches the document,
and notes when the new content is in it.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from playwright.sync_api import BrowserContext, Page

_TIMEOUT: Final = 30_000
_REST_MILLISECONDS: Final = 60

_IS_AT_REST: Final = """
const isAtRest = () => {
    const app = document.querySelector('[data-testid="stApp"]');
    const isDrawing = '[data-testid="stVegaLiteChart"]:not(:has(canvas, svg)), [data-testid="stSkeleton"]';
    return app?.dataset.testScriptState === "notRunning" && app.dataset.testConnectionState === "CONNECTED"
        && !document.querySelector(isDrawing);
};
const whenTrue = (isTrue) => new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("It never came to this.")), 30000);
    const watching = new MutationObserver(() => look());
    const look = () => {
        if (!isTrue()) return;
        watching.disconnect();
        resolve(performance.now());
    };
    watching.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
    look();
});
"""

_WATCH_LOADING: Final = (
    "(() => {"
    + _IS_AT_REST
    + """
    window.benchUsable = whenTrue(() => isAtRest()
        && [...document.querySelectorAll(READY)].some((one) => one.getClientRects().length));
    window.benchRest = () => whenTrue(isAtRest);
    window.benchAnswer = (selector, isWholePage) => {
        const read = () => [...document.querySelectorAll(selector)].map((one) => one.textContent).join("\\n");
        const before = read();
        let began = null;
        const note = (event) => (began ??= event.timeStamp);
        const kinds = ["keydown", "pointerdown"];
        kinds.forEach((kind) => addEventListener(kind, note, { capture: true, once: true }));
        const isNew = () => began !== null && ![before, ""].includes(read()) && (!isWholePage || isAtRest());
        window.benchAnswered = whenTrue(isNew).then((at) => {
            kinds.forEach((kind) => removeEventListener(kind, note, { capture: true }));
            return at - began;
        });
    };
})();
"""
)


class Timing(NamedTuple):
    """How long something took in milliseconds, and what came over the wire for it."""

    milliseconds: float
    bytes_received: int


class Watched:
    """A page of its own session, whose usable moment, answers and bytes are noted."""

    def __init__(self, context: BrowserContext, ready: str) -> None:
        self.page = context.new_page()
        self.page.set_default_timeout(_TIMEOUT)
        self._frames = 0
        self.page.on("websocket", lambda socket: socket.on("framereceived", self._count))
        self.page.add_init_script(_WATCH_LOADING.replace("READY", repr(ready)))

    def load(self, address: str) -> Timing:
        """Open an address in a new session, until it is usable."""
        self._frames = 0
        self.page.goto(address, wait_until="commit")
        milliseconds = self.page.evaluate("() => window.benchUsable")
        fetched = self.page.evaluate(
            "() => ['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind))"
            ".reduce((sum, one) => sum + one.transferSize, 0)"
        )
        return Timing(milliseconds, self._frames + int(fetched))

    def touch(self, act: Callable[[], object], changes: str, *, is_whole_page: bool) -> Timing:
        """Do something, until what `changes` selects has other content."""
        self._frames = 0
        milliseconds = await_answer(self.page, act, changes, is_whole_page=is_whole_page)
        return Timing(milliseconds, self._frames)

    def close(self) -> None:
        """Close the page, and so its session."""
        self.page.close()

    def _count(self, frame: Any) -> None:
        self._frames += len(frame)


def await_answer(page: Page, act: Callable[[], object], changes: str, *, is_whole_page: bool = False) -> float:
    """Touch something, and wait until what `changes` selects has other content; how many milliseconds that took."""
    page.evaluate("([selector, whole]) => window.benchAnswer(selector, whole)", [changes, is_whole_page])
    act()
    milliseconds: float = page.evaluate("() => window.benchAnswered")
    settle(page)
    return milliseconds


def settle(page: Page) -> None:
    """Wait until the page has been drawn, and nothing more is coming."""
    page.wait_for_timeout(_REST_MILLISECONDS)
    page.evaluate("() => window.benchRest()")
    if page.get_by_text("Something unexpected happened").count():
        raise SystemExit(f"{page.url} failed.")
