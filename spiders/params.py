"""Parameters that every source takes, and the model that a source's own parameters extend."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

DayFirst = Literal["auto", "yes", "no"]


class SourceParams(BaseModel):
    """Parameters of any source: unknown names are errors, every field carries its documentation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reach_days: int | None = Field(
        default=None,
        ge=1,
        title="How far back the source goes",
        description="Days after which the source drops its posts; empty when it keeps all. "
        "A run that comes later than this leaves a hole, and says so.",
    )
