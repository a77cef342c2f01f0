-- Lists of a thousand questions, none twice: as many as one request may have. Arguments: FIRST.

local requests = require "requests"

local ROWS = 1000

local position
local bodies = {}

function init(args)
  position = tonumber(args[1]) + thread_index * ROWS
end

function request()
  for row = 1, ROWS do bodies[row] = requests.body(position + row - 1) end
  position = position + ROWS * thread_count
  return requests.post("/api/recommend/batch", "[" .. table.concat(bodies, ",") .. "]")
end
