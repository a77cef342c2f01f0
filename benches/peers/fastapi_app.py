"""The service on FastAPI: uvicorn with uvloop and httptools, a process for each core.

`async def`, although the answer is computed in it: less than a millisecond blocks nobody for long, and
handing each request to the thread pool costs more than an answer from memory does.
"""

import os
from contextlib import asynccontextmanager

import orjson
from fastapi import FastAPI, Response

from question import Question
from sizing import Sizer
from tiers import Tiers

sizer = Sizer()
tiers = Tiers(os.environ["PEER_STORE"])


@asynccontextmanager
async def lifespan(_app):
    yield
    tiers.close()


app = FastAPI(title="suit sizes", lifespan=lifespan)


@app.post("/api/recommend")
async def recommend(question: Question) -> Response:
    compute = lambda: orjson.dumps({"recommendation": question.answer(sizer)})
    body, tier = tiers.answer(question.key(), compute)
    return Response(body, media_type="application/json", headers={"x-cache": tier})
