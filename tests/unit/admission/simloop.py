"""An asyncio loop whose time passes only when nothing is left to do: tests of minutes in no time."""

import asyncio
import selectors


class _NeverWaits(selectors.DefaultSelector):
    """Hands the time that the loop wants to sleep to `passed` instead of sleeping."""

    passed = staticmethod(lambda seconds: None)

    def select(self, timeout=None):
        if timeout:
            self.passed(timeout)
        return super().select(0)


class SimulatedLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        self.now = 1000.0
        selector = _NeverWaits()
        selector.passed = self._pass
        super().__init__(selector)

    def time(self):
        return self.now

    def _pass(self, seconds):
        self.now += seconds

    def advance(self, seconds):
        """Run everything that is due within so many seconds."""
        self.run_until_complete(asyncio.sleep(seconds))
        self.settle()

    def settle(self):
        """Run what is ready, without time passing."""
        for _ in range(5):
            self.run_until_complete(asyncio.sleep(0))

    def finish(self):
        for task in asyncio.all_tasks(self):
            task.cancel()
        self.settle()
        self.close()
