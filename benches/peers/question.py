"""What may be asked, checked by pydantic: the engine's ranges, its grid of half centimetres and kilograms.

Metric only. A height and a weight that belong to no adult are refused; a tape that contradicts both is not.
"""

import math
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

BMI_MIN, BMI_MAX = 12.0, 80.0


def on_grid(value: float) -> float:
    return math.floor(value * 2 + 0.5) / 2


def between(least: float, most: float):
    return Annotated[float, Field(ge=least, le=most, allow_inf_nan=False), AfterValidator(on_grid)]


class Question(BaseModel):
    model_config = ConfigDict(extra="forbid")

    height: between(120, 230)
    weight: between(30, 300)
    sex: Literal["male", "female"] = "male"
    age: Annotated[float, Field(ge=16, le=100), AfterValidator(math.floor)] | None = None
    fitPreference: Literal["slim", "regular", "relaxed"] = "regular"
    unit: Literal["metric"] = "metric"
    measured: bool = False
    chest: between(70, 165) | None = None
    waist: between(55, 170) | None = None
    hip: between(65, 175) | None = None
    neck: between(25, 65) | None = None
    sleeve: between(40, 85) | None = None
    inseam: between(50, 125) | None = None

    @model_validator(mode="after")
    def of_one_adult(self):
        if not BMI_MIN <= self.weight / (self.height / 100) ** 2 <= BMI_MAX:
            raise ValueError("height and weight contradict each other")
        return self

    def key(self) -> str:
        """The same for questions that have the same answer."""
        return repr(tuple(self.__dict__.values()))

    def answer(self, sizer) -> dict:
        told = {name: getattr(self, name) for name in ("chest", "waist", "hip", "neck", "sleeve", "inseam")}
        tapes = {name: cm for name, cm in told.items() if cm is not None}
        return sizer.recommend(self.height, self.weight, self.sex, self.age, self.fitPreference, self.measured, tapes)
