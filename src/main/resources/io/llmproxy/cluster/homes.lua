-- Tells nodes which upstream keeps what. KEYS[1] says since when this store has its data. Each further key is one of the hashes over which
-- entries are spread. ARGV: for each of these keys its field, and what a node knows of it, or nothing, to ask for it.
-- Returns since when the store has its data, then for each entry what is known of it: nothing if that is not known or is what the node
-- said, '?' if no node has written it.
-- An entry begins with when it was last said or asked for, in seconds since 1970: a key, an owner and an upstream follow. Who says something
-- first is right, except that one who knows the owner knows more than one who does not.
-- That many entries at most are in a hash; then those go that were not asked for for the longest time.
local MOST = 120
local FEWER = 30
local DAY = 86400
-- Which of them were asked for last is known no better than that.
local RENEW = 600
local LASTS = 30 * DAY
local LONGEST = 400
local NOBODY = '-'
local COUNT = 'n'
local clock = redis.call('TIME')
local now = tonumber(clock[1])

local function whole(number)
  return string.format('%.0f', number)
end

-- When it was said, and what; nothing if no node writes such entries.
local function read(entry)
  local at, text = string.match(entry, '^(%d+) (%S+ %S+ .+)$')
  at = tonumber(at)
  if at and at <= now + DAY and #entry <= LONGEST then
    return at, text
  end
end

local function is_over(at)
  return at < now - LASTS
end

-- Takes out what is over, and of the rest the oldest if there are too many. Returns how many are left.
local function make_room(key)
  local all = redis.call('HGETALL', key)
  local kept = {}
  for i = 1, #all, 2 do
    local at = read(all[i + 1])
    if at and not is_over(at) then
      kept[#kept + 1] = { at, all[i] }
    elseif all[i] ~= COUNT then
      redis.call('HDEL', key, all[i])
    end
  end
  local surplus = #kept < MOST and 0 or #kept - MOST + FEWER
  table.sort(kept, function(one, other) return one[1] < other[1] end)
  for i = 1, surplus do
    redis.call('HDEL', key, kept[i][2])
  end
  return #kept - surplus
end

local function write(key, field, text)
  redis.call('HSET', key, field, whole(now) .. ' ' .. text)
  redis.call('PEXPIRE', key, whole((LASTS + DAY) * 1000))
end

-- It is in use. A store that takes no more may be read.
local function renew(key, field, at, text)
  if now - at >= RENEW then
    pcall(write, key, field, text)
  end
end

local function owner(text)
  return string.match(text, '^%S+ (%S+)')
end

local function ask(key, field, entry)
  local at, text = read(entry)
  if not at then
    return '?'
  elseif is_over(at) then
    return ''
  end
  renew(key, field, at, text)
  return text
end

local function tell(key, field, entry, told)
  local at, text
  if entry then
    at, text = read(entry)
  else
    local count = tonumber(redis.call('HGET', key, COUNT) or MOST)
    if not count or count >= MOST then
      count = make_room(key)
    end
    redis.call('HSET', key, COUNT, whole(count + 1))
  end
  if not at or is_over(at) or (text ~= told and owner(text) == NOBODY and owner(told) ~= NOBODY) then
    write(key, field, told)
    return ''
  end
  renew(key, field, at, text)
  return text == told and '' or text
end

local born = redis.call('HGET', KEYS[1], 'born')
if not born then
  born = clock[1] .. '.' .. clock[2]
  redis.call('HSET', KEYS[1], 'born', born)
  redis.call('PEXPIRE', KEYS[1], whole(LASTS * 1000))
end
local answer = { born }
for i = 2, #KEYS do
  local field, told = ARGV[2 * i - 3], ARGV[2 * i - 2]
  local entry = redis.pcall('HGET', KEYS[i], field)
  local said = ''
  if type(entry) == 'table' and not string.find(entry.err, 'WRONGTYPE') then
    return redis.error_reply(entry.err)
  elseif type(entry) == 'table' then
    said = '?'
  elseif told ~= '' then
    said = tell(KEYS[i], field, entry, told)
  elseif entry then
    said = ask(KEYS[i], field, entry)
  end
  answer[#answer + 1] = said
end
return answer
