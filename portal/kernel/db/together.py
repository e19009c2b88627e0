"""Rows of several models of one context in one statement, for screens that show much of one thing.

    _HISTORY = Together(
        Asked(select(Condition).where(Condition.patient_id == bindparam("patient")), Condition.id),
        Asked(select(Allergy).where(Allergy.patient_id == bindparam("patient")), Allergy.display),
    )
    found = _HISTORY.read(session, patient=patient_id)
    found.all(Condition), found.all(Allergy)

The rows are entities as any query brings them: policies decide which come, and the session audits each. The
statement is a UNION ALL in which each part has the columns of all models, those of the others empty, rather than a
join, which would multiply the rows of one model with those of the next.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, cast, func, null, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, aliased

from portal.kernel.db.base import Base
from portal.kernel.db.session import PortalSession

Model = TypeVar("Model", bound=Base)


class Asked:
    """A select of one model's entities, and their order, which also serves its DISTINCT ON or LIMIT."""

    def __init__(self, wanted: Select[Any], *order: ColumnElement[Any] | InstrumentedAttribute[Any]) -> None:
        self.wanted = wanted
        self.order = order
        self.model: type[Base] = wanted.column_descriptions[0]["entity"]


class FoundTogether:
    """What came, by model."""

    def __init__(self, rows: Mapping[type[Base], Sequence[Base]]) -> None:
        self._rows = rows

    def all(self, model: type[Model]) -> list[Model]:
        """A model's entities, in the order asked for."""
        return list(self._rows[model])  # type: ignore[arg-type]  # filed under their own type

    def first(self, model: type[Model]) -> Model | None:
        """The first of them, if there is any."""
        return next(iter(self.all(model)), None)


class Together:
    """Several selects, one for each model, as one statement. Made once; values come by bindparam."""

    def __init__(self, *asked: Asked) -> None:
        self._asked = asked
        self._models = [one.model for one in asked]
        if len(set(self._models)) < len(asked):
            raise ValueError("a model can be asked for once")

    def read(self, session: PortalSession, **values: Any) -> FoundTogether:
        """Ask, with the values of the parameters."""
        found: dict[type[Base], list[Base]] = {model: [] for model in self._models}
        for row in session.execute(self._statement, values):
            for model, entity in zip(self._models, row, strict=True):
                if entity is not None:
                    found[model].append(entity)
        return FoundTogether(found)

    @cached_property
    def _statement(self) -> Select[Any]:
        rows = union_all(*(self._part(one) for one in self._asked)).subquery()
        entities: list[Any] = [aliased(model, rows) for model in self._models]
        return select(*entities).order_by(rows.c.place)

    def _part(self, asked: Asked) -> Select[Any]:
        # The order of a UNION ALL's parts is nobody's promise: each row carries its place.
        place = func.row_number().over(order_by=list(asked.order) or None).label("place")
        columns = [
            (column if model is asked.model else cast(null(), column.type)).label(f"{at}_{column.key}")
            for at, model in enumerate(self._models)
            for column in model.__table__.c
        ]
        return asked.wanted.with_only_columns(place, *columns).order_by(*asked.order)
