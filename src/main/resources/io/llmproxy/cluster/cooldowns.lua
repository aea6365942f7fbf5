-- Tells nodes of each other which keys of upstreams have used up what they may do. KEYS[1] has until when, in milliseconds since 1970.
-- ARGV: for each that this node was told of, its mark and for how many milliseconds more. Returns the same of all that are not over.
-- That many marks at most are kept: whatever may write to it fills no memory.
local MOST = 10000
-- A node says the same again and again: by less, nothing is written.
local SLACK = 100
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local all = redis.call('HGETALL', KEYS[1])
local ends = {}
local last = 0
local count = 0
for i = 1, #all, 2 do
  local at = tonumber(all[i + 1]) or 0
  if at > now then
    ends[all[i]] = at
    last = math.max(last, at)
    count = count + 1
  else
    redis.call('HDEL', KEYS[1], all[i])
  end
end
for i = 1, #ARGV, 2 do
  local known = ends[ARGV[i]]
  local at = now + tonumber(ARGV[i + 1])
  if at > (known or 0) + SLACK and (known or count < MOST) then
    redis.call('HSET', KEYS[1], ARGV[i], string.format('%.0f', at))
    ends[ARGV[i]] = at
    last = math.max(last, at)
    count = count + (known and 0 or 1)
  end
end
if last > 0 then
  redis.call('PEXPIRE', KEYS[1], string.format('%.0f', last - now + 1000))
end
local answer = {}
for mark, at in pairs(ends) do
  answer[#answer + 1] = mark
  answer[#answer + 1] = string.format('%.0f', at - now)
end
return answer
