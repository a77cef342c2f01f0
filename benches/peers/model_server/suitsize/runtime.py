"""The service as a runtime of MLServer: the V2 inference protocol, a column of values for each field.

The server brings batches, health, metrics and a cache of whole responses in memory; there is nothing to keep
them in a file. Each row of a request is a person.
"""

from mlserver import MLModel
from mlserver.errors import InferenceError
from mlserver.types import InferenceRequest, InferenceResponse, ResponseOutput
from pydantic import ValidationError

from question import Question
from sizing import Sizer

TEXTS, NUMBERS = ("size", "cut", "confidenceLevel"), ("probability", "confidence")


class SuitSize(MLModel):
    async def load(self) -> bool:
        self.sizer = Sizer()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        names = [column.name for column in payload.inputs]
        rows = zip(*(column.data for column in payload.inputs))
        try:
            answers = [Question(**dict(zip(names, row))).answer(self.sizer) for row in rows]
        except ValidationError as error:
            raise InferenceError(error.json(include_url=False, include_input=False)) from error
        values = lambda name: [answer[name] or "" if name in TEXTS else answer[name] for answer in answers]
        outputs = [ResponseOutput(name=name, shape=[len(answers), 1], data=values(name),
                                  datatype="BYTES" if name in TEXTS else "FP64") for name in TEXTS + NUMBERS]
        others = [";".join(other["size"] for other in answer["alternatives"]) for answer in answers]
        outputs.append(ResponseOutput(name="alternatives", shape=[len(answers), 1], datatype="BYTES", data=others))
        return InferenceResponse(model_name=self.name, outputs=outputs)
