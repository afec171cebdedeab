"""What a page asks of the network while it makes an answer."""

from __future__ import annotations

from playwright.async_api import Page, Request

_TALKING = frozenset({"fetch", "xhr", "eventsource", "document"})


class Traffic:
    """Requests that may carry an answer, since the last mark."""

    def __init__(self, page: Page) -> None:
        self._begun = 0
        self._under_way: set[Request] = set()
        self.navigated = ""
        page.on("request", self._on_request)
        page.on("requestfinished", self._on_end)
        page.on("requestfailed", self._on_end)

    def mark(self) -> None:
        """Forget what began so far."""
        self._begun = 0
        self._under_way.clear()

    @property
    def begun(self) -> bool:
        return self._begun > 0

    @property
    def under_way(self) -> bool:
        return bool(self._under_way)

    def _on_request(self, request: Request) -> None:
        if request.is_navigation_request() and request.frame.parent_frame is None:
            self.navigated = request.url
        if request.resource_type in _TALKING:
            self._begun += 1
            self._under_way.add(request)

    def _on_end(self, request: Request) -> None:
        self._under_way.discard(request)
