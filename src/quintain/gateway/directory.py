"""Which model a caller means: compiled models, kept until something in the registry changes."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

from quintain.dialects.jq import Jq
from quintain.dialects.table import prepare
from quintain.gateway.compiled import Compiled, Identity, compile_model
from quintain.registry.model import Model
from quintain.registry.models import Models

MOST_KEPT = 10_000
_Key = TypeVar("_Key")
_Spelled = tuple[int, str, str | None]


class Directory:
    """Every name is `<saved name>` or `<saved name>:<version>`, unless a version stands beside it."""

    def __init__(self, models: Models, jq: Jq) -> None:
        self._models = models
        self._jq = jq
        self._found: OrderedDict[_Spelled, Compiled] = OrderedDict()
        # Outlives a clear, so that resting keys keep resting and nothing is compiled twice.
        self._compiled: OrderedDict[tuple[int, int], Compiled] = OrderedDict()
        self._version = -1
        self._epoch = 0

    def cached(self, project_id: int, name: str, version: str | None = None) -> Compiled | None:
        return self._found.get((project_id, name, version))

    async def find(self, project_id: int, name: str, version: str | None = None) -> Compiled:
        """Raises NotFound, the same for another project's model as for none."""
        epoch = self._epoch
        if version is None:
            model = await self._models.resolve(project_id, name)
        else:
            model = await self._models.get(project_id, name, version)
        await prepare(model.config.model_provider)
        compiled = self._compile(model)
        if epoch == self._epoch:  # else something changed meanwhile: do not keep what may be old
            _keep(self._found, (project_id, name, version), compiled)
        return compiled

    def _compile(self, model: Model) -> Compiled:
        key = (model.id, model.revision)
        compiled = self._compiled.get(key)
        if compiled is None:
            identity = Identity(model.saved_name, model.version, model.id, model.revision)
            compiled = compile_model(identity, model.model_name, model.config, self._jq)
            _keep(self._compiled, key, compiled)
        return compiled

    async def refresh(self) -> bool:
        """Forget what was found when the registry has changed; tells whether it has."""
        version = await self._models.version()
        changed = version != self._version
        if changed:
            self.forget()
            self._version = version
        return changed

    def forget(self) -> None:
        self._found.clear()
        self._epoch += 1


def _keep(kept: OrderedDict[_Key, Compiled], key: _Key, compiled: Compiled) -> None:
    kept[key] = compiled
    if len(kept) > MOST_KEPT:
        kept.popitem(last=False)
