"""The survey as arrays: one home for column names and units.

Reads any CSV of the shape of the ANSUR II public release (see MODEL_CARD.md): lengths in
millimetres, `weightkg` in 0.1 kg, `Heightin` / `Weightlbs` as the subject said them.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

# The model's outputs, in this order everywhere: manifest, ONNX, engine.
MEASURES = {
    "chest": "chestcircumference",
    "waist": "waistcircumference",
    "hip": "buttockcircumference",
    "bideltoid": "bideltoidbreadth",
    "biacromial": "biacromialbreadth",
    "sleeve": "sleeveoutseam",
    "spineToWrist": "sleevelengthspinewrist",
    "neck": "neckcircumference",
    "inseam": "crotchheight",
    "backWaist": "waistbacklength",
}
SEXES = {"male": "Male", "female": "Female"}
CM_PER_INCH = 2.54
KG_PER_POUND = 0.45359237


@dataclass(frozen=True)
class Survey:
    """Subjects of one sex. `inputs` and `stated`: n x 3 (height cm, weight kg, age years); `measures`: n x 10 cm."""

    subject: np.ndarray
    inputs: np.ndarray
    stated: np.ndarray
    measures: np.ndarray
    cervicale_cm: np.ndarray

    def rows(self, which):
        """The subjects that `which` (a mask or indices) selects."""
        return Survey(*(getattr(self, name)[which] for name in self.__dataclass_fields__))

    def folds(self, count=5):
        """Fold of each subject: a hash-free, order-free split by the rank of the subject's id."""
        return np.argsort(np.argsort(self.subject)) % count


def read(path, sex):
    """The subjects of `sex` ("male" or "female") in the CSV at `path`, ordered by subject id."""
    table = pd.read_csv(path)
    table = table[table["Gender"] == SEXES[sex]].sort_values("subjectid")
    age = table["Age"].to_numpy(float)
    inputs = np.column_stack([table["stature"] / 10, table["weightkg"] / 10, age])
    stated = np.column_stack(
        [table["Heightin"] * CM_PER_INCH, table["Weightlbs"] * KG_PER_POUND, age]
    )
    measures = table[list(MEASURES.values())].to_numpy(float) / 10
    return Survey(
        table["subjectid"].to_numpy(), inputs, stated, measures,
        table["cervicaleheight"].to_numpy(float) / 10,
    )
