"""The one error of this room."""

from __future__ import annotations

from quintain.errors import QuintainError


class Unimportable(QuintainError):
    """A source that no registration can be made of; its sentence says why, or what to do."""

    status = 422
    code = "import_failed"
