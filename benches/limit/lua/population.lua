-- A stream of shoppers without end, each drawn anew; the same people as in benches/load/shopper.rs, and like them not
-- taken from the list by which the service computes ahead: that would measure the list against itself.
--
-- Log-normal heights and weights of adults (centre and spread of NHANES 2021-2023, by sex), told in whole
-- centimetres and kilograms or whole inches and pounds. A few tell an age, which no list holds. At the rate of a shop
-- nearly each of these is new; here thousands come in a second and would repeat each other, so they are
-- taken from the questions that are never the same. Arguments: FIRST (for those, and to draw others than the last time).

local requests = require "requests"

local WOMEN, UNTOLD, IMPERIAL, SPECIAL = 0.3, 1 / 3, 0.4, 0.03
local LONGEST_BODY = 120

local random, log, exp, cos, sqrt, floor = math.random, math.log, math.exp, math.cos, math.sqrt, math.floor
local position
local heads = {}

function init(args)
  position = tonumber(args[1]) + thread_index
  math.randomseed(position + 1)
  for bytes = 1, LONGEST_BODY do heads[bytes] = requests.head("/api/recommend", bytes) end
end

local function normal()
  return sqrt(-2 * log(1 - random())) * cos(2 * math.pi * random())
end

-- Within what the service takes, rounded too.
local function shape(is_man)
  local height_cm, weight_kg, spread = 175.2, 86.6, 0.235
  if not is_man then height_cm, weight_kg, spread = 161.2, 73.5, 0.26 end
  while true do
    local z = normal()
    local height = height_cm * exp(0.043 * z)
    local weight = weight_kg * exp(spread * (0.42 * z + 0.9075 * normal()))
    local bmi = weight / (height / 100) ^ 2
    if bmi >= 14 and bmi < 50 and height >= 140 and height <= 210 and weight >= 31 and weight <= 180 then
      return height, weight
    end
  end
end

local function preference()
  local share = random()
  if share < 0.25 then return ',"fitPreference":"slim"' end
  if share < 0.85 then return "" end
  return ',"fitPreference":"relaxed"'
end

function request()
  if random() < SPECIAL then
    local ready = requests.distinct(position)
    position = position + thread_count
    return ready
  end
  local is_man = random() >= WOMEN
  local height, weight = shape(is_man)
  local unit = '"metric"'
  if random() < IMPERIAL then height, weight, unit = height / 2.54, weight / 0.45359237, '"imperial"' end
  local sex = (not is_man and random() >= UNTOLD) and ',"sex":"female"' or ""
  local body = '{"height":' .. floor(height + 0.5) .. ',"weight":' .. floor(weight + 0.5)
    .. ',"unit":' .. unit .. sex .. preference() .. "}"
  return heads[#body] .. body
end
