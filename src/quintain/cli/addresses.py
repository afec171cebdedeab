"""From one address, as people have it, to the fields of a registration that say where a target is."""

from typing import Any

from yarl import URL

from quintain.cli.exits import wrong_usage
from quintain.registry.providers import defaults

PAGE = "url"
_CHAT = "/chat/completions"

Document = dict[str, Any]


def where_of(text: str, provider: str) -> Document:
    """The fields for `http://127.0.0.1:8000/v1`; for a page, for all of its address.

    An address that already ends in the path of a chat call is taken for its base. Raises Failure
    for anything that has no place: a key, another scheme, a query that is no page's.
    """
    url = _parsed(text)
    endpoint = {"scheme": url.scheme, "host": url.host, "port": url.port}
    if provider == PAGE:
        return _page(url, endpoint)
    if url.query_string or url.fragment:
        raise wrong_usage("--url takes no query; put it into `paths` with a file (-f).")
    base = url.raw_path.rstrip("/").removesuffix(_CHAT)
    usual = defaults(provider).paths.get("chat") or _CHAT
    return {"endpoint": endpoint | {"base_path": base.removesuffix(usual)}}


def _parsed(text: str) -> URL:
    try:
        url = URL(text)
    except ValueError as error:
        raise wrong_usage(f"--url: {text!r} is not an address.") from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise wrong_usage(f"--url: {text!r} should look like http://HOST:PORT/BASE.")
    if url.user or url.password:
        raise wrong_usage("--url takes no user or password; keys come by --key-stdin.")
    return url


def _page(url: URL, endpoint: Document) -> Document:
    where: Document = {"endpoint": endpoint, "paths": {"chat": url.raw_path_qs}}
    if url.raw_fragment:
        where["metadata"] = {"page": {"fragment": url.raw_fragment}}
    return where
