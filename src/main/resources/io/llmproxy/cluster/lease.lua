-- Gives nodes their parts of limits. KEYS[1] has the nodes, each further key is of one limit. ARGV: this node, after how many
-- milliseconds without a word a node is gone, then for each limit: kind, size, time, delta, least, need, want, seen.
-- Returns: the time in milliseconds, the number of nodes, then for each limit: granted, used, wait in microseconds.
-- Numbers are written out in full: Lua would shorten them.
local FIELDS = 8
local clock = redis.call('TIME')
local micros = clock[1] * 1000000 + clock[2]
local millis = math.floor(micros / 1000)
local node = ARGV[1]
local gone = tonumber(ARGV[2])

local function whole(number)
  return string.format('%.0f', number)
end

-- While much is left, a node gets what it is likely to use, but no large part; towards the end, just what it needs.
local function grant(size, left, least, need, want)
  if need == 0 or left < least then
    return 0
  end
  local part = need
  if left >= size / 10 then
    part = math.max(need, math.min(want, math.floor(left / 20)))
  end
  return math.min(part, left)
end

local function bucket(key, size, period, delta, least, need, want, seen)
  local state = redis.call('HMGET', key, 'missing', 'at')
  local missing = tonumber(state[1]) or seen
  local at = tonumber(state[2]) or micros
  missing = math.max(0, missing - math.max(0, micros - at) * size / period)
  missing = math.max(0, math.min(missing + delta, 2 * size))
  local left = math.max(0, math.floor(size - missing + 0.000001))
  local granted = grant(size, left, least, need, want)
  missing = missing + granted
  redis.call('HSET', key, 'missing', string.format('%.6f', missing), 'at', whole(math.max(at, micros)))
  redis.call('PEXPIRE', key, whole(math.ceil(2 * period / 1000) + 1000))
  local wait = 0
  if granted == 0 and least > 0 then
    wait = math.ceil(math.max(0, least - (size - missing)) * period / size)
  end
  return granted, math.ceil(missing), wait
end

local function window(key, size, ends, delta, least, need, want, seen)
  local used = tonumber(redis.call('GET', key) or seen)
  used = math.max(0, used + delta)
  local granted = grant(size, math.max(0, size - used), least, need, want)
  used = used + granted
  if ends > 0 then
    -- Longer than it is needed: a node whose clock is late still writes to it.
    redis.call('SET', key, whole(used), 'PXAT', whole(ends + 3600000))
  else
    redis.call('SET', key, whole(used))
  end
  return granted, used, 0
end

-- What each node holds, and until when. Those that are gone are looked for only if too little is left.
local function permits(key, size, lasts, holds, least, need, want)
  local used = tonumber(redis.call('HGET', key, 'used') or 0)
  local held = tonumber(redis.call('HGET', key, 'held:' .. node) or 0)
  used = math.max(0, used - held + holds)
  if need > 0 and size - used < need then
    local all = redis.call('HGETALL', key)
    used = holds
    for i = 1, #all, 2 do
      local other = string.match(all[i], '^held:(.*)$')
      if other and other ~= node then
        if tonumber(redis.call('HGET', key, 'until:' .. other) or 0) < millis then
          redis.call('HDEL', key, all[i], 'until:' .. other)
        else
          used = used + tonumber(all[i + 1])
        end
      end
    end
  end
  local granted = grant(size, math.max(0, size - used), least, need, want)
  used = used + granted
  if holds + granted > 0 then
    redis.call('HSET', key, 'used', whole(used), 'held:' .. node, whole(holds + granted),
      'until:' .. node, whole(millis + lasts))
  else
    redis.call('HSET', key, 'used', whole(used))
    redis.call('HDEL', key, 'held:' .. node, 'until:' .. node)
  end
  redis.call('PEXPIRE', key, whole(10 * lasts))
  return granted, used, 0
end

redis.call('ZADD', KEYS[1], whole(millis), node)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', whole(millis - gone))
redis.call('PEXPIRE', KEYS[1], whole(10 * gone))
local answer = { whole(millis), whole(redis.call('ZCARD', KEYS[1])) }
for i = 2, #KEYS do
  local first = 3 + (i - 2) * FIELDS
  local kind = ARGV[first]
  local n = {}
  for j = 1, FIELDS - 1 do
    n[j] = tonumber(ARGV[first + j])
  end
  local granted, used, wait
  if kind == 'BUCKET' then
    granted, used, wait = bucket(KEYS[i], n[1], n[2], n[3], n[4], n[5], n[6], n[7])
  elseif kind == 'WINDOW' then
    granted, used, wait = window(KEYS[i], n[1], n[2], n[3], n[4], n[5], n[6], n[7])
  else
    granted, used, wait = permits(KEYS[i], n[1], n[2], n[3], n[4], n[5], n[6])
  end
  answer[#answer + 1] = whole(granted)
  answer[#answer + 1] = whole(used)
  answer[#answer + 1] = whole(wait)
end
return answer
