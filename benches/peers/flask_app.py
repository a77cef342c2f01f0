"""The service on Flask, under gunicorn: a process for each core, threads for connections kept alive."""

import os

import orjson
from flask import Flask, Response, request
from pydantic import ValidationError

from question import Question
from sizing import Sizer
from tiers import Tiers

app = Flask(__name__)
sizer = Sizer()
tiers = Tiers(os.environ["PEER_STORE"])


@app.post("/api/recommend")
def recommend():
    question = Question.model_validate_json(request.get_data())
    compute = lambda: orjson.dumps({"recommendation": question.answer(sizer)})
    body, tier = tiers.answer(question.key(), compute)
    return Response(body, mimetype="application/json", headers={"x-cache": tier})


@app.errorhandler(ValidationError)
def refused(error):
    body = error.json(include_url=False, include_input=False, include_context=False)
    return Response(body, 422, mimetype="application/json")
