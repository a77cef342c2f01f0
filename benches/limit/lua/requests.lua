-- What the scripts for wrk share: requests as bytes, questions that are never the same, the figures of a run as JSON.
--
-- wrk calls request() for each request, on the cores that the load generator has: a request is put together from
-- ready pieces. Arguments come after `--`, the first of them being the position of this run's first question.
-- Position n is always the same question, so the driver gives every run positions of its own and nothing is asked
-- twice in a server's life. A thread takes every so-manyth position.

local requests = {}

-- Set by setup() in each thread's own state.
thread_index, thread_count = 0, 1

local threads = 0

function setup(thread)
  thread:set("thread_index", threads)
  threads = threads + 1
  thread:set("thread_count", tonumber(os.getenv("WRK_THREADS") or "1"))
end

function requests.head(path, body_bytes)
  return "POST " .. path .. " HTTP/1.1\r\nhost: suitsize\r\ncontent-type: application/json\r\ncontent-length: "
    .. body_bytes .. "\r\n\r\n"
end

function requests.post(path, body)
  return requests.head(path, #body) .. body
end

-- Half centimetres, half kilograms and whole years: the grid on which the service keeps answers (Question::canonical),
-- so two positions below the product of all choices
-- (POSITIONS in scenarios.py) are two questions to it. All are ordinary bodies: nothing is refused.
-- Fields that the peers know too.
local HEIGHTS, WEIGHTS, AGES = 120, 80, 80
local FITS = { "regular", "slim", "relaxed" }
local SEXES = { "male", "female" }
local RESTS = #FITS * #SEXES * 2

local heights, weights, ages, rests = {}, {}, {}, {}
for n = 0, HEIGHTS - 1 do heights[n] = string.format('{"height":%.1f,"weight":', 150 + n / 2) end
for n = 0, WEIGHTS - 1 do weights[n] = string.format('%.1f,"age":', 60 + n / 2) end
for n = 0, AGES - 1 do ages[n] = tostring(18 + n) end
for n = 0, RESTS - 1 do
  local fit = FITS[n % #FITS + 1]
  local sex = SEXES[math.floor(n / #FITS) % #SEXES + 1]
  rests[n] = string.format(',"fitPreference":"%s","sex":"%s","measured":%s}', fit, sex, tostring(n * 2 >= RESTS))
end
-- Heights, weights and ages are all equally long, so that a head depends on the rest alone.
local BODY_BYTES = #heights[0] + #weights[0] + #ages[0]
local heads = {}
for n, rest in pairs(rests) do heads[n] = requests.head("/api/recommend", BODY_BYTES + #rest) end

local floor = math.floor

local function pieces(position)
  local height = position % HEIGHTS
  position = floor(position / HEIGHTS)
  local weight = position % WEIGHTS
  position = floor(position / WEIGHTS)
  return height, weight, position % AGES, floor(position / AGES) % RESTS
end

function requests.body(position)
  local height, weight, age, rest = pieces(position)
  return heights[height] .. weights[weight] .. ages[age] .. rests[rest]
end

function requests.distinct(position)
  local height, weight, age, rest = pieces(position)
  return heads[rest] .. heights[height] .. weights[weight] .. ages[age] .. rests[rest]
end

-- The latency of a closed loop: how long an answer took while all connections asked as fast as they could.
function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"duration_us":%d,"p50_us":%d,"p99_us":%d,"p999_us":%d,"max_us":%d,'
      .. '"errors":{"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}}\n',
    summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9), latency.max,
    errors.connect, errors.read, errors.write, errors.status, errors.timeout
  ))
end

return requests
