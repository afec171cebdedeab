"""Whether the model is still what it was when its run began."""

from __future__ import annotations

from quintain.errors import NotFound
from quintain.registry.model import Model
from quintain.registry.models import Models
from quintain.runs.control import failed
from quintain.runs.model import Run
from quintain.runs.planning import model_digest


async def unchanged(models: Models, run: Run) -> Model:
    """The run's model. Raises Halted where it was deleted, replaced or changed meanwhile."""
    try:
        model = await models.get(run.project_id, run.saved_name, run.version)
    except NotFound:
        raise failed("The model was deleted or renamed while the run was on.") from None
    if model.id != run.model_id:
        raise failed("The model was replaced by another of its name while the run was on.")
    if model.revision != run.revision and model_digest(model) != run.model_digest:
        raise failed(
            f"The model was changed while the run was on (revision {run.revision} to"
            f" {model.revision}): start a new run."
        )
    return model
