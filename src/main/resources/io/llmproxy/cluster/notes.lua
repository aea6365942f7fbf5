-- Tells nodes of each other what they need not find out by themselves. KEYS[1] has until when keys of upstreams have used up what they may
-- do, KEYS[2] what nodes have found of upstreams, both in milliseconds since 1970. ARGV: this node; how many keys follow; for each, its mark
-- and for how many milliseconds more; then for each upstream that it has looked at, its mark, 1 if it is well, else 0, and for how many
-- milliseconds that says something. The first who looks at an upstream goes on with it: what others say of it is not kept.
-- Returns two lists of all that is not over: marks of keys and milliseconds; marks of upstreams, 1 if this node looks at it, else 0, 1 if it
-- is well, else 0, and milliseconds.
-- That many marks at most are kept: whatever may write to it fills no memory.
local MOST = 10000
-- Nothing is said for longer, in milliseconds: what ends later was written by something else, or by a clock that was ahead.
local LONGEST = 2 * 86400000
-- A node says the same again and again: by less, nothing is written.
local SLACK = 100
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local node = ARGV[1]

local function whole(number)
  return string.format('%.0f', number)
end

-- What is there and not over, by mark: when it ends, and all that is said; and how many these are.
local function known(key, pattern)
  local all = redis.call('HGETALL', key)
  local found = {}
  local count = 0
  for i = 1, #all, 2 do
    local at = tonumber(string.match(all[i + 1], pattern) or 0)
    if at > now and at <= now + LONGEST then
      found[all[i]] = { at, all[i + 1] }
      count = count + 1
    else
      redis.call('HDEL', key, all[i])
    end
  end
  return found, count
end

local function expire(key, found)
  local last = 0
  for _, said in pairs(found) do
    last = math.max(last, said[1])
  end
  if last > 0 then
    redis.call('PEXPIRE', key, whole(last - now + 1000))
  end
end

local cooling, keys = known(KEYS[1], '^(%d+)$')
local pairs_end = 2 + 2 * tonumber(ARGV[2])
for i = 3, pairs_end, 2 do
  local before = cooling[ARGV[i]]
  local at = now + math.min(tonumber(ARGV[i + 1]), LONGEST)
  if at > (before and before[1] or 0) + SLACK and (before or keys < MOST) then
    redis.call('HSET', KEYS[1], ARGV[i], whole(at))
    cooling[ARGV[i]] = { at }
    keys = keys + (before and 0 or 1)
  end
end
expire(KEYS[1], cooling)

local findings, upstreams = known(KEYS[2], '^(%d+) ')
for i = pairs_end + 1, #ARGV, 3 do
  local before = findings[ARGV[i]]
  local owner = before and string.match(before[2], '^%d+ [01] (.*)$')
  if (not before and upstreams < MOST) or owner == node then
    local at = now + math.min(tonumber(ARGV[i + 2]), LONGEST)
    local said = whole(at) .. ' ' .. ARGV[i + 1] .. ' ' .. node
    redis.call('HSET', KEYS[2], ARGV[i], said)
    findings[ARGV[i]] = { at, said }
    upstreams = upstreams + (before and 0 or 1)
  end
end
expire(KEYS[2], findings)

local told = {}
for mark, said in pairs(cooling) do
  told[#told + 1] = mark
  told[#told + 1] = whole(said[1] - now)
end
local found = {}
for mark, said in pairs(findings) do
  local success, owner = string.match(said[2], '^%d+ ([01]) (.*)$')
  found[#found + 1] = mark
  found[#found + 1] = owner == node and '1' or '0'
  found[#found + 1] = success or '0'
  found[#found + 1] = whole(said[1] - now)
end
return { told, found }
