-- The same COUNT questions round and round, so many that memory has forgotten each before it is asked again.
-- Arguments: FIRST, COUNT: a run begins at FIRST's remainder by COUNT.

local requests = require "requests"

local position, count

function init(args)
  position = tonumber(args[1]) + thread_index
  count = tonumber(args[2])
end

function request()
  local ready = requests.distinct(position % count)
  position = position + thread_count
  return ready
end
