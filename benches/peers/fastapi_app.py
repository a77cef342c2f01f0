"""The service on FastAPI: uvicorn with uvloop and httptools, a process for each core.

`async def`, although the answer is computed in it: half a millisecond blocks nobody for long, and handing each
request to the thread pool costs more than most answers do.
"""

import os

import orjson
from fastapi import FastAPI, Response

from question import Question
from sizing import Sizer
from tiers import Tiers

app = FastAPI(title="suit sizes")
sizer = Sizer()
tiers = Tiers(os.environ["PEER_STORE"])


@app.post("/api/recommend")
async def recommend(question: Question) -> Response:
    compute = lambda: orjson.dumps({"recommendation": question.answer(sizer)})
    body, tier = tiers.answer(question.key(), compute)
    return Response(body, media_type="application/json", headers={"x-cache": tier})
