"""The parts of a message: text, and media that come inline or by a link.

Source of the shapes: OpenAI's API reference, "Create chat completion", message content; RFC 2397
for data URLs.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any

from quintain.errors import BadRequest

Json = Any
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)(?:;[\w.+-]+=[^;,]*)*;base64,", re.ASCII)
_AUDIO = {"mp3": "audio/mpeg", "wav": "audio/wav"}


@dataclass(slots=True)
class Text:
    text: str


@dataclass(slots=True)
class Media:
    """kind: `image`, `audio`, `video` or `file`. Either data (base64) with its media type, or a url."""

    kind: str
    place: str
    media_type: str = ""
    data: str = ""
    url: str = ""
    name: str = ""

    def inline(self) -> str:
        """The data. Raises BadRequest for a link, which the target does not follow."""
        if not self.data:
            raise BadRequest(
                f"{self.place}: this model's provider takes an {self.kind} inline only:"
                " give it as a data: URL in base64.",
                code="unsupported_field",
                param=self.place,
            )
        return self.data

    def raw(self) -> bytes:
        """The data decoded. Raises BadRequest as `inline`, or where it is no base64."""
        try:
            return base64.b64decode(self.inline(), validate=True)
        except (binascii.Error, ValueError):
            raise BadRequest(f"{self.place} is not base64.", param=self.place) from None


Part = Text | Media


def unsupported(media: Media, takes: str) -> BadRequest:
    """The refusal of a medium that a dialect has no place for."""
    return BadRequest(
        f"{media.place}: this model's provider has no place for {media.kind} input here; it takes {takes}.",
        code="unsupported_modality",
        param=media.place,
    )


def text_of(parts: list[Part]) -> str:
    return "".join(part.text for part in parts if isinstance(part, Text))


def plain_text(content: Json) -> str:
    """The text of a message's content in any of its forms, read past all that is none."""
    if isinstance(content, list):
        texts = (part.get("text") for part in content if isinstance(part, dict))
        return "".join(str(text) for text in texts if text)
    return str(content or "")


def parts_of(content: Json, place: str) -> list[Part]:
    """The parts of a message's content. Raises BadRequest for one of an unknown kind."""
    if content is None or content == "":
        return []
    if isinstance(content, str):
        return [Text(content)]
    if not isinstance(content, list):
        raise BadRequest(f"{place}.content must be text or a list of parts.", param="messages")
    return [_part(part, f"{place}.content.{number}") for number, part in enumerate(content)]


def _part(part: Json, place: str) -> Part:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind in ("text", "input_text", "output_text", "refusal"):
        text = part.get("refusal" if kind == "refusal" else "text")
        if isinstance(text, str):
            return Text(text)
    elif kind in ("image_url", "video_url"):
        return _linked(kind.removesuffix("_url"), part.get(kind), place)
    elif kind == "input_audio":
        return _audio(part.get(kind), place)
    elif kind == "file":
        return _file(part.get(kind), place)
    raise BadRequest(
        f"{place} is not a part that a message may have: text, image_url, input_audio, video_url or file.",
        param=place,
    )


def _linked(kind: str, given: Json, place: str) -> Media:
    """An image or a video: a link, or its data in one."""
    url = given.get("url") if isinstance(given, dict) else given
    if not isinstance(url, str) or not url:
        raise BadRequest(f"{place}.{kind}_url.url is required.", param=place)
    if url.startswith("data:"):
        return _of_data_url(kind, url, place)
    if not url.startswith(("https://", "http://")):
        raise BadRequest(f"{place}.{kind}_url.url must be an http(s) or a data: URL.", param=place)
    return Media(kind, place, url=url)


def _of_data_url(kind: str, url: str, place: str, name: str = "") -> Media:
    head = _DATA_URL.match(url)
    if head is None:
        raise BadRequest(
            f"{place} must be data:<media type>;base64,<data>, as RFC 2397 has it.", param=place
        )
    return Media(kind, place, media_type=head[1].lower(), data=url[head.end() :], name=name)


def _audio(given: Json, place: str) -> Media:
    data = given.get("data") if isinstance(given, dict) else None
    form = given.get("format") if isinstance(given, dict) else None
    if not isinstance(data, str) or form not in _AUDIO:
        raise BadRequest(f"{place}.input_audio needs data and format: wav or mp3.", param=place)
    return Media("audio", place, media_type=_AUDIO[form], data=data)


def _file(given: Json, place: str) -> Media:
    data = given.get("file_data") if isinstance(given, dict) else None
    if not isinstance(data, str) or not data:
        raise BadRequest(
            f"{place}.file needs file_data: ids of files at OpenAI mean nothing to other providers.",
            code="unsupported_field",
            param=place,
        )
    return _of_data_url("file", data, place, str(given.get("filename") or ""))
