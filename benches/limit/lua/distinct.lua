-- No question twice. Arguments: FIRST.

local requests = require "requests"

local position

function init(args)
  position = tonumber(args[1]) + thread_index
end

function request()
  local ready = requests.distinct(position)
  position = position + thread_count
  return ready
end
