"""curl's options: which of them take a value, which change the request, which cannot be honoured.

Source: curl's manual page, curl.se/docs/manpage.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

# Those that make the request, by the name that the parser knows them by.
_VALUED = {
    "request", "header", "data", "data-raw", "data-binary", "data-ascii", "data-urlencode", "json",
    "user", "form", "form-string", "cookie", "user-agent", "referer", "url", "url-query",
    "oauth2-bearer",
}  # fmt: skip
_FLAGS = {"get", "head"}
# No effect on the request, or none here: certificates are always checked, redirects not followed.
_IGNORED_FLAGS = {
    "silent", "show-error", "location", "location-trusted", "include", "verbose", "no-buffer",
    "insecure", "compressed", "fail", "fail-with-body", "fail-early", "globoff", "progress-bar",
    "no-progress-meter", "remote-name", "remote-header-name", "ipv4", "ipv6", "http1.0", "http1.1",
    "http2", "http2-prior-knowledge", "http3", "http3-only", "tlsv1", "tlsv1.0", "tlsv1.1",
    "tlsv1.2", "tlsv1.3", "ssl", "ssl-reqd", "ssl-no-revoke", "ssl-revoke-best-effort",
    "ssl-allow-beast", "sslv2", "sslv3", "tcp-nodelay", "tcp-fastopen", "no-keepalive", "no-alpn",
    "no-npn", "no-sessionid", "path-as-is", "basic", "disable", "raw", "trace-time", "trace-ids",
    "post301", "post302", "post303", "retry-connrefused", "retry-all-errors", "styled-output",
    "parallel", "create-dirs", "junk-session-cookies", "tr-encoding", "cert-status", "ca-native",
    "no-clobber", "remove-on-error", "suppress-connect-headers", "disallow-username-in-url",
}  # fmt: skip
_IGNORED_VALUED = {
    "output", "output-dir", "max-time", "connect-timeout", "retry", "retry-delay",
    "retry-max-time", "write-out", "dump-header", "cookie-jar", "limit-rate", "speed-limit",
    "speed-time", "keepalive-time", "max-redirs", "max-filesize", "expect100-timeout", "ciphers",
    "tls13-ciphers", "tls-max", "curves", "trace", "trace-ascii", "trace-config", "stderr", "rate",
    "happy-eyeballs-timeout-ms", "parallel-max", "etag-save", "libcurl", "alt-svc", "hsts",
}  # fmt: skip
_REFUSED_FLAGS = {
    "anyauth": "choose one way of authentication: -u is Basic",
    "digest": "Digest authentication is not spoken: use an API key, a token or Basic",
    "ntlm": "NTLM authentication is not spoken",
    "negotiate": "Negotiate authentication is not spoken",
    "netrc": "files are not read: give user and password with -u",
    "netrc-optional": "files are not read: give user and password with -u",
    "proxytunnel": "proxies are the operator's: leave it out",
    "next": "give one request",
    "remote-name-all": "give one request",
    "http0.9": "HTTP/0.9 is not spoken",
    "crlf": "leave it out",
    "use-ascii": "leave it out",
    "append": "files are not sent",
    "list-only": "leave it out",
    "remote-time": "leave it out",
}
_PROXY = "proxies are the operator's: leave it out"
_CERTIFICATE = "client certificates are not used, and files are not read"
_AUTHORITY = "files are not read; the operator can trust further authorities"
_ELSEWHERE = "the target is where its URL says: write its host and port there"
_REFUSED_VALUED = {
    "upload-file": "files are not read: give the text itself with --data-raw",
    "config": "files are not read: give its options here",
    "netrc-file": "files are not read: give user and password with -u",
    "proxy": _PROXY, "proxy-user": _PROXY, "proxy-header": _PROXY, "preproxy": _PROXY,
    "socks4": _PROXY, "socks4a": _PROXY, "socks5": _PROXY, "socks5-hostname": _PROXY,
    "noproxy": _PROXY, "proxy1.0": _PROXY,
    "cert": _CERTIFICATE, "cert-type": _CERTIFICATE, "key": _CERTIFICATE,
    "key-type": _CERTIFICATE, "pass": _CERTIFICATE, "engine": _CERTIFICATE,
    "cacert": _AUTHORITY, "capath": _AUTHORITY, "crlfile": _AUTHORITY, "pinnedpubkey": _AUTHORITY,
    "resolve": _ELSEWHERE, "connect-to": _ELSEWHERE, "unix-socket": _ELSEWHERE,
    "abstract-unix-socket": _ELSEWHERE, "interface": _ELSEWHERE, "local-port": _ELSEWHERE,
    "dns-servers": _ELSEWHERE, "dns-interface": _ELSEWHERE, "doh-url": _ELSEWHERE,
    "request-target": "the path is that of the URL: write it there",
    "aws-sigv4": "requests are not signed here: use provider bedrock, or a header with a token",
    "range": "an answer is read whole", "continue-at": "an answer is read whole",
    "time-cond": "an answer is read whole", "etag-compare": "files are not read",
    "delegation": "Negotiate authentication is not spoken",
    "variable": "variables are not known here: put the value in its place",
    "proto": "only http and https are spoken", "proto-default": "write the URL with its scheme",
    "proto-redir": "redirects are not followed: leave it out",
    "quote": "only http and https are spoken", "telnet-option": "only http and https are spoken",
}  # fmt: skip
REFUSED = _REFUSED_FLAGS | _REFUSED_VALUED
_WITH_VALUE = _VALUED | _IGNORED_VALUED | set(_REFUSED_VALUED)
_KNOWN = _WITH_VALUE | _FLAGS | _IGNORED_FLAGS | set(_REFUSED_FLAGS)
_SHORT = {
    "X": "request", "H": "header", "d": "data", "u": "user", "F": "form", "b": "cookie",
    "A": "user-agent", "e": "referer", "G": "get", "I": "head", "s": "silent", "S": "show-error",
    "L": "location", "i": "include", "v": "verbose", "N": "no-buffer", "k": "insecure",
    "f": "fail", "g": "globoff", "#": "progress-bar", "O": "remote-name", "J": "remote-header-name",
    "4": "ipv4", "6": "ipv6", "0": "http1.0", "1": "tlsv1", "2": "sslv2", "3": "sslv3",
    "q": "disable", "o": "output", "m": "max-time", "w": "write-out", "D": "dump-header",
    "c": "cookie-jar", "y": "speed-time", "Y": "speed-limit", "Z": "parallel", "T": "upload-file",
    "K": "config", "x": "proxy", "U": "proxy-user", "E": "cert", "r": "range", "C": "continue-at",
    "z": "time-cond", "n": "netrc", "p": "proxytunnel", ":": "next", "a": "append",
    "B": "use-ascii", "l": "list-only", "R": "remote-time", "Q": "quote", "t": "telnet-option",
    "j": "junk-session-cookies",
}  # fmt: skip
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_TYPED = "\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb"

# The option's name without dashes, "" for a bare URL; how it was spelled; its value, "" without.
Option = tuple[str, str, str]


def options_of(words: Sequence[str]) -> Iterator[Option]:
    """Each option that makes the request. Raises ValueError naming one that cannot be honoured."""
    rest = iter(words)
    for word in rest:
        refuse_typesetting(word)
        if word == "--":
            yield from (("", "", url) for url in rest)
        elif word.startswith("--"):
            yield from _long(word, rest)
        elif word.startswith("-") and word != "-":
            yield from _shorts(word, rest)
        else:
            yield "", "", word


def refuse_typesetting(word: str) -> None:
    """What word processors and pages make of dashes and quotes. Raises ValueError."""
    if word[:1] in _DASHES and word:
        raise ValueError(
            f"has the dash {word[0]} of a web page where an option begins: write - or -- instead"
        )
    if word[:1] in _TYPED and word:
        raise ValueError(f"has the quote {word[0]} of a web page: write ' or \" instead")


def _long(word: str, rest: Iterator[str]) -> Iterator[Option]:
    name, attached, value = word[2:].partition("=")
    spelled = f"--{name}"
    bare = name.removeprefix("no-")
    if name not in _KNOWN and bare in _FLAGS | _IGNORED_FLAGS:
        return  # switched off again
    if name.startswith("expand-"):
        raise ValueError(f"has {spelled}: variables are not known here: put the value in its place")
    yield from _option(_known(name, spelled), spelled, value if attached else None, rest)


def _known(name: str, spelled: str) -> str:
    """The option's full name; curl takes any beginning that only one option has."""
    if name in _KNOWN:
        return name
    begun = [each for each in _KNOWN if each.startswith(name)] if len(name) > 2 else []
    if len(begun) == 1:
        return begun[0]
    close = get_close_matches(name[:64], sorted(_KNOWN), n=1)
    hint = f": did you mean --{close[0]}?" if close else ""
    raise ValueError(f"has the option {spelled[:64]}, which is not known{hint}")


def _shorts(word: str, rest: Iterator[str]) -> Iterator[Option]:
    """`-sSL`, `-XPOST`, `-d'..'`: flags together, and a value that may follow at once."""
    for at, letter in enumerate(word[1:], 1):
        spelled = f"-{letter}"
        name = _SHORT.get(letter)
        if name is None:
            raise ValueError(f"has the option {spelled}, which is not known")
        value = word[at + 1 :] if name in _WITH_VALUE and word[at + 1 :] else None
        yield from _option(name, spelled, value, rest)
        if name in _WITH_VALUE:
            return


def _option(name: str, spelled: str, value: str | None, rest: Iterator[str]) -> Iterator[Option]:
    if name in REFUSED:
        raise ValueError(f"has {spelled}, which cannot be honoured: {REFUSED[name]}")
    if name in _WITH_VALUE and value is None:
        value = next(rest, None)
        if value is None:
            raise ValueError(f"ends after {spelled}, which needs a value")
    if name in _VALUED | _FLAGS:
        yield name, spelled, value or ""
