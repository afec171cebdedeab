"""The parts of a message as Bedrock's content blocks. Media go inline: links are not followed.

Source: docs.aws.amazon.com/bedrock, API reference (ContentBlock, ImageBlock, DocumentBlock,
VideoBlock, AudioBlock).
"""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any

from quintain.dialects.parts import Media, Part, Text, unsupported

Json = Any
TAKES = "PNG, JPEG, GIF and WebP images, MP3 and WAV audio, common video and office formats"
_OFFICE = "application/vnd.openxmlformats-officedocument."
# (block, format) by media type.
_FORMATS = {
    "image/png": ("image", "png"),
    "image/jpeg": ("image", "jpeg"),
    "image/jpg": ("image", "jpeg"),
    "image/gif": ("image", "gif"),
    "image/webp": ("image", "webp"),
    "audio/mpeg": ("audio", "mp3"),
    "audio/wav": ("audio", "wav"),
    "audio/flac": ("audio", "flac"),
    "audio/ogg": ("audio", "ogg"),
    "audio/aac": ("audio", "aac"),
    "video/mp4": ("video", "mp4"),
    "video/quicktime": ("video", "mov"),
    "video/x-matroska": ("video", "mkv"),
    "video/webm": ("video", "webm"),
    "video/x-flv": ("video", "flv"),
    "video/mpeg": ("video", "mpeg"),
    "video/x-ms-wmv": ("video", "wmv"),
    "video/3gpp": ("video", "three_gp"),
    "application/pdf": ("document", "pdf"),
    "text/csv": ("document", "csv"),
    "application/msword": ("document", "doc"),
    f"{_OFFICE}wordprocessingml.document": ("document", "docx"),
    "application/vnd.ms-excel": ("document", "xls"),
    f"{_OFFICE}spreadsheetml.sheet": ("document", "xlsx"),
    "text/html": ("document", "html"),
    "text/plain": ("document", "txt"),
    "text/markdown": ("document", "md"),
}
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9()\[\]-]+")
_LONGEST_NAME = 180  # of 200 characters, so that a number fits behind it


class Blocks:
    """Makes the blocks of one conversation, in which no two documents have the same name."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def of(self, parts: list[Part]) -> list[Json]:
        """Text of white space alone is left out: Bedrock refuses it."""
        return [
            {"text": part.text} if isinstance(part, Text) else self._medium(part)
            for part in parts
            if isinstance(part, Media) or part.text.strip()
        ]

    def result(self, parts: list[Part]) -> list[Json]:
        """As `of`, for a tool's result. Raises BadRequest for audio, which has no place there."""
        for part in parts:
            if isinstance(part, Media) and _FORMATS.get(part.media_type, ("",))[0] == "audio":
                raise unsupported(part, "text, images, video and documents in a tool's result")
        return self.of(parts)

    def _medium(self, media: Media) -> Json:
        data = media.inline()
        if media.media_type not in _FORMATS:
            raise unsupported(media, TAKES)
        block, form = _FORMATS[media.media_type]
        named = {"name": self._name(media.name)} if block == "document" else {}
        return {block: {"format": form, **named, "source": {"bytes": data}}}

    def _name(self, given: str) -> str:
        clean = _NOT_IN_NAMES.sub(" ", PurePath(given).stem).strip()[:_LONGEST_NAME].strip()
        name, number = clean or "document", 1
        while name in self._names:
            number += 1
            name = f"{clean or 'document'} ({number})"
        self._names.add(name)
        return name
