"""PyRIT made ready: in memory, seeded, and silent."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable

from pyrit.memory import CentralMemory
from pyrit.memory.memory_models import (
    AttackResultEntry,
    ConversationEntry,
    PromptMemoryEntry,
    ScoreEntry,
)
from pyrit.setup import initialize_pyrit_async
from sqlalchemy import delete, select

from .attacks import JSON_TRIES


async def begin(seed: int) -> None:
    """What it reports of failed calls is in the attempts already, prompts and all."""
    logging.getLogger("pyrit").setLevel(logging.CRITICAL)
    os.environ["RETRY_MAX_NUM_ATTEMPTS"] = str(JSON_TRIES)
    await initialize_pyrit_async(
        "InMemory", silent=True, load_defaults=False, env_files=[], seed=seed
    )


def forget(conversations: Iterable[str]) -> None:
    """Drop all that PyRIT keeps of an attempt that is over.

    It looks through all that it keeps at each step, so that a long run would take up more memory
    and become slower and slower.
    """
    named = list(conversations)
    said = PromptMemoryEntry.conversation_id.in_(named)
    scored = select(PromptMemoryEntry.id).where(said)
    with CentralMemory.get_memory_instance().get_session() as session:
        for rows in (
            delete(AttackResultEntry).where(AttackResultEntry.conversation_id.in_(named)),
            delete(ScoreEntry).where(ScoreEntry.prompt_request_response_id.in_(scored)),
            delete(PromptMemoryEntry).where(said),
            delete(ConversationEntry).where(ConversationEntry.conversation_id.in_(named)),
        ):
            session.execute(rows, execution_options={"synchronize_session": False})
        session.commit()
