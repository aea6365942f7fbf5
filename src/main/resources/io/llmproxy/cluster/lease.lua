-- Gives nodes their parts of limits. KEYS[1] has the nodes, KEYS[2] what this session was last answered, each further key is of one
-- limit. ARGV: this node, its session, after how many milliseconds without a word a node is gone, the number of this call, which is
-- larger than those of the session's calls before, then for each limit: kind, size, time, delta, least, need, want, seen, born.
-- A node may have several sessions, each with permits of its own; it counts once.
-- Returns: the time in milliseconds, the number of nodes, then for each limit: granted, used, wait in microseconds, born; or, in
-- the place of granted, the code of an error that concerns the limit alone.
-- Each count says when it was born. A node that has seen another of the same name knows what was used before that was lost.
-- Numbers are written out in full: Lua would shorten them.
-- What is done before an error stays done. So what the user may not be allowed to comes before what counts.
local FIELDS = 9
-- The words of an answer for each limit.
local WORDS = 4
-- For how many milliseconds an answer is kept for a node that has not heard it.
local REMEMBERED = '600000'
-- Nodes know numbers up to nine times of it.
local LARGEST = 1e18
local OUT_OF_RANGE = { err = 'OUTOFRANGE no count' }
local clock = redis.call('TIME')
local micros = clock[1] * 1000000 + clock[2]
local millis = math.floor(micros / 1000)
local session = ARGV[2]
local gone = tonumber(ARGV[3])

local function whole(number)
  return string.format('%.0f', number)
end

local function sound(text)
  local number = tonumber(text)
  return number and number == number and math.abs(number) <= LARGEST and number
end

-- What no script of ours has written, such as infinity, is no count: answered to nodes, it would be nonsense for all limits of the call.
local function figure(text, absent)
  if not text then
    return absent
  end
  return sound(text) or error(OUT_OF_RANGE)
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

local function bucket(key, size, period, delta, least, need, want, seen, born)
  local state = redis.call('HMGET', key, 'missing', 'at', 'born')
  local missing = figure(state[1], seen)
  local birth = figure(state[3], micros)
  local at = figure(state[2], micros)
  missing = math.max(0, missing - math.max(0, micros - at) * size / period)
  if born ~= 0 and born ~= birth then
    -- What was seen has been refilled until now.
    missing = math.max(missing, seen)
  end
  missing = math.max(0, math.min(missing + delta, 2 * size))
  local left = math.max(0, math.floor(size - missing + 0.000001))
  local granted = grant(size, left, least, need, want)
  missing = missing + granted
  redis.call('HSET', key, 'missing', string.format('%.6f', missing), 'at', whole(math.max(at, micros)),
    'born', whole(birth))
  redis.call('PEXPIRE', key, whole(math.ceil(2 * period / 1000) + 1000))
  local wait = 0
  if granted == 0 and least > 0 then
    wait = math.ceil(math.max(0, least - (size - missing)) * period / size)
  end
  return granted, math.ceil(missing), wait, birth
end

local function window(key, size, ends, delta, least, need, want, seen, born)
  local state = redis.call('HMGET', key, 'used', 'born', 'before')
  local used = figure(state[1], seen)
  local birth = figure(state[2], micros)
  -- The most that any node knows of the time before the birth.
  local before = figure(state[3], seen)
  if born < 0 then
    -- It was seen in another store; this one may know a part of it already.
    used = math.max(used, seen)
    before = math.max(before, seen)
  elseif born > 0 and born ~= birth and seen > before then
    used = used + seen - before
    before = seen
  end
  used = math.max(0, used + delta)
  local granted = grant(size, math.max(0, size - used), least, need, want)
  used = used + granted
  -- Longer than it is needed: a node whose clock is late still writes to it.
  local expires = whole(ends + 3600000)
  if ends > 0 then
    redis.call('PEXPIREAT', key, expires)
  end
  redis.call('HSET', key, 'used', whole(used), 'born', whole(birth), 'before', whole(before))
  if ends > 0 then
    redis.call('PEXPIREAT', key, expires)
  end
  return granted, used, 0, birth
end

-- What each node holds, and until when. Those that are gone are looked for only if too little is left.
local function permits(key, size, lasts, holds, least, need, want)
  local used = figure(redis.call('HGET', key, 'used'), 0)
  local held = figure(redis.call('HGET', key, 'held:' .. session), 0)
  used = math.max(0, used - held + holds)
  if need > 0 and size - used < need then
    local all = redis.call('HGETALL', key)
    used = holds
    for i = 1, #all, 2 do
      local other = string.match(all[i], '^held:(.*)$')
      if other and other ~= session then
        if figure(redis.call('HGET', key, 'until:' .. other), 0) < millis then
          redis.call('HDEL', key, all[i], 'until:' .. other)
        else
          used = used + figure(all[i + 1], 0)
        end
      end
    end
  end
  local granted = grant(size, math.max(0, size - used), least, need, want)
  used = used + granted
  if holds + granted > 0 then
    redis.call('HSET', key, 'used', whole(used), 'held:' .. session, whole(holds + granted),
      'until:' .. session, whole(millis + lasts))
  else
    redis.call('HDEL', key, 'held:' .. session, 'until:' .. session)
    redis.call('HSET', key, 'used', whole(used))
  end
  redis.call('PEXPIRE', key, whole(10 * lasts))
  return granted, used, 0, 0
end

local function code(failure)
  local text = type(failure) == 'table' and failure.err or tostring(failure)
  return string.match(text, '%u%u%u+') or 'ERR'
end

redis.call('ZADD', KEYS[1], whole(millis), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', whole(millis - gone))
-- Those of a clock that was ahead, such as that of a server that has failed over, would never be gone.
redis.call('ZREMRANGEBYSCORE', KEYS[1], whole(millis + gone), '+inf')
redis.call('PEXPIRE', KEYS[1], whole(10 * gone))
local answer = { whole(millis), whole(redis.call('ZCARD', KEYS[1])) }
if #KEYS == 2 then
  return answer
end
-- A node that has not heard the answer asks again: nothing is done a second time. What it said before that comes late on a
-- connection that it has given up: it has said it again since.
local last = redis.call('HMGET', KEYS[2], 'number', 'answer')
if (sound(last[1]) or 0) > tonumber(ARGV[4]) then
  return redis.error_reply('LATE this was said before')
end
if last[1] == ARGV[4] then
  for word in string.gmatch(last[2] or '', '%S+') do
    answer[#answer + 1] = word
  end
  if #answer == 2 + WORDS * (#KEYS - 2) then
    return answer
  end
  answer = { answer[1], answer[2] }
end
for i = 3, #KEYS do
  local first = 5 + (i - 3) * FIELDS
  local kind = ARGV[first]
  local n = {}
  for j = 1, FIELDS - 1 do
    n[j] = tonumber(ARGV[first + j])
  end
  local count = permits
  if kind == 'BUCKET' then
    count = bucket
  elseif kind == 'WINDOW' then
    count = window
  end
  local ok, granted, used, wait, birth = pcall(count, KEYS[i], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8])
  if ok and not (sound(used) and sound(wait) and sound(birth)) then
    ok, granted = false, OUT_OF_RANGE
  end
  answer[#answer + 1] = ok and whole(granted) or code(granted)
  answer[#answer + 1] = whole(ok and used or 0)
  answer[#answer + 1] = whole(ok and wait or 0)
  answer[#answer + 1] = whole(ok and birth or 0)
end
redis.call('HSET', KEYS[2], 'number', ARGV[4], 'answer', table.concat(answer, ' ', 3))
redis.call('PEXPIRE', KEYS[2], REMEMBERED)
return answer
