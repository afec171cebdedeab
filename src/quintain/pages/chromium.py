"""One Chromium: how it is found, started, held in bounds, and ended."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import structlog
from playwright.async_api import Browser, BrowserContext, Error, Playwright, async_playwright

from quintain.pages import failures
from quintain.pages.proxy import Proxy
from quintain.pages.ticket import Ticket

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_START_MS = 30_000
_END_S = 10.0
_CERTUTIL_S = 20.0
_VIEW = {"width": 1280, "height": 900}
_log = structlog.get_logger(__name__)

# Nothing leaves but through the proxy: no name is looked up, no UDP is sent.
_FLAGS = (
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--dns-prefetch-disable",
    "--disable-quic",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-sync",
    "--disable-domain-reliability",
    "--no-pings",
    "--mute-audio",
    "--js-flags=--max-old-space-size=1024",
    "--disk-cache-size=33554432",
)
# Closed shadow roots are opened, since a person sees into them too.
_AT_FIRST = """
(() => {
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (given) {
    return attach.call(this, { ...given, mode: 'open' });
  };
})();
"""
_OTHER_SCHEMES = re.compile(r"^(?!https?:|wss?:|data:|blob:|about:)", re.IGNORECASE)


class Chromium:
    """executable: the one to start, None for the one on the PATH. ca_file: further authorities."""

    def __init__(self, proxy: Proxy, executable: Path | None, ca_file: Path | None) -> None:
        self._proxy, self._executable, self._ca_file = proxy, executable, ca_file
        self._home = ""
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None

    @property
    def alive(self) -> bool:
        return self._browser is not None and self._browser.is_connected()

    async def start(self) -> None:
        """Raises TargetError (`config`) where there is none, or it does not start."""
        executable = _found(self._executable)
        self._home = await asyncio.to_thread(tempfile.mkdtemp, prefix="quintain-browser-")
        if self._ca_file is not None:
            await _trust(self._ca_file, Path(self._home))
        try:
            self._playwright = await async_playwright().start()
            self._browser = await self._launched(self._playwright, executable)
        except Error as error:
            await self.end()
            raise failures.not_started(_why(str(error))) from None

    async def _launched(self, playwright: Playwright, executable: str) -> Browser:
        return await playwright.chromium.launch(
            executable_path=executable,
            # Chromium refuses to run as root inside its own sandbox.
            chromium_sandbox=os.geteuid() != 0,
            args=list(_FLAGS),
            ignore_default_args=["--disable-popup-blocking"],
            proxy={"server": self._proxy.url, "bypass": "<-loopback>"},
            env=_environment(self._home),
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
            timeout=_START_MS,
        )

    async def context(self, ticket: Ticket) -> BrowserContext:
        """A person's browser as on its first day: no cookies, no rights, nothing kept."""
        if self._browser is None:
            raise failures.crashed()
        context = await self._browser.new_context(
            proxy={
                "server": self._proxy.url,
                "bypass": "<-loopback>",
                "username": ticket.user,
                "password": ticket.password,
            },
            accept_downloads=False,
            service_workers="block",
            ignore_https_errors=False,
            permissions=[],
            viewport=_VIEW,  # type: ignore[arg-type]  # a TypedDict of just this
            locale="en-US",
            reduced_motion="reduce",
        )
        await context.add_init_script(_AT_FIRST)
        await context.route(_OTHER_SCHEMES, lambda route: route.abort("accessdenied"))
        return context

    async def end(self) -> None:
        """Close it, and what it left on disk."""
        browser, self._browser = self._browser, None
        playwright, self._playwright = self._playwright, None
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(_END_S):
                if browser is not None:
                    await browser.close()
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(_END_S):
                if playwright is not None:
                    await playwright.stop()
        if self._home:
            await asyncio.to_thread(shutil.rmtree, self._home, ignore_errors=True)


def _found(named: Path | None) -> str:
    if named is not None:
        if found := shutil.which(str(named)):
            return found
        raise failures.no_browser(f"QUINTAIN_BROWSER names {named}, which cannot be run")
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    raise failures.no_browser(
        "install Chromium (on Debian: apt-get install chromium), or name one with QUINTAIN_BROWSER"
    )


def _environment(home: str) -> dict[str, str | float | bool]:
    """What Chromium needs and no more: our own environment holds secrets."""
    kept = {
        name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TZ") if name in os.environ
    }
    return {**kept, "HOME": home, "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home}


def _why(said: str) -> str:
    lines = [line.strip(" -") for line in said.splitlines()]
    telling = [line for line in lines if "sandbox" in line.lower() or "error while loading" in line]
    return (telling or lines)[0][:300]


async def _trust(ca_file: Path, home: Path) -> None:
    """Have Chromium believe these authorities too: it reads an NSS database below its home."""
    certutil = shutil.which("certutil")
    if certutil is None:
        _log.warning(
            "pages cannot use QUINTAIN_CA_FILE: certutil is missing (Debian: libnss3-tools)"
        )
        return
    base = home / ".pki" / "nssdb"
    await asyncio.to_thread(base.mkdir, parents=True, mode=0o700)
    await _run(certutil, "-d", f"sql:{base}", "-N", "--empty-password")
    pem = await asyncio.to_thread(ca_file.read_text)
    found = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", pem, re.DOTALL)
    for number, certificate in enumerate(found):
        arguments = ("-A", "-n", f"authority {number}", "-t", "C,,", "-a")
        await _run(certutil, "-d", f"sql:{base}", *arguments, given=certificate.encode())


async def _run(*command: str, given: bytes = b"") -> None:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=-3, stderr=-3
    )
    async with asyncio.timeout(_CERTUTIL_S):
        await process.communicate(given)
    if process.returncode:
        _log.warning("an authority of QUINTAIN_CA_FILE could not be given to the browser")
