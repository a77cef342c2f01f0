-- One question again and again, ready as bytes: what a memory tier is for. Arguments: FIRST (not used), PATH and
-- BODY where a server wants another than ours.

local requests = require "requests"

local ready

function init(args)
  ready = requests.post(args[2] or "/api/recommend", args[3] or '{"height":178,"weight":82}')
end

function request()
  return ready
end
