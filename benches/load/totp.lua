-- Sends `POST totp/`: every thread of wrk walks its own file of users and codes, in
-- order, and each line once.
--
--   wrk … -s totp.lua URL -- FOLDER DOMAIN KEY read|skip
--
-- FOLDER holds 1.codes, 2.codes, … with lines of 16 bytes: `u0000001 123456\n`. With
-- `read` every answer is read, and a thread stops when its file is used up; that costs
-- the machine time, so under full load (`skip`) the service's own counters say what was
-- accepted, and wrk counts the statuses.

local LINE = 16
local threads = {}

function setup(thread)
  table.insert(threads, thread)
  thread:set("number", #threads)
end

function init(args)
  local folder, domain, key, mode = args[1], args[2], args[3], args[4]
  local file = assert(io.open(folder .. "/" .. number .. ".codes", "rb"))
  codes = file:read("*a")
  file:close()
  lines = #codes / LINE
  sent, promised, answered, verified, refused, wrapped = 0, 0, 0, 0, 0, 0
  local head = '{"domain":"' .. domain .. '","user_id":"'
  middle, tail = '","code":"', '"}'
  local length = #head + 8 + #middle + 6 + #tail
  start = "POST /identity/otp/totp/ HTTP/1.1\r\nHost: " .. wrk.host .. "\r\nx-api-key: " .. key ..
    "\r\nContent-Type: application/json\r\nContent-Length: " .. length .. "\r\n\r\n" .. head
  -- wrk does more work where these are defined.
  if mode == "read" then response, delay = read, wait end
end

function request()
  if number == 1 and not tried then -- wrk tries the first thread's script out, and sends nothing
    tried = true
    return "GET /livez HTTP/1.1\r\nHost: " .. wrk.host .. "\r\n\r\n"
  end
  if sent >= lines then
    wrapped = wrapped + 1 -- nothing is left, and the run counts for nothing
    return "GET /livez HTTP/1.1\r\nHost: " .. wrk.host .. "\r\n\r\n"
  end
  local at = sent * LINE
  sent = sent + 1
  return start .. codes:sub(at + 1, at + 8) .. middle .. codes:sub(at + 10, at + 15) .. tail
end

function read(status, headers, body)
  answered = answered + 1
  if status == 200 and body:find('"verified":true', 1, true) then
    verified = verified + 1
  else
    refused = refused + 1
    if refused == 1 then io.stderr:write("refused: ", status, " ", body, "\n") end
  end
  if answered >= lines then wrk.thread:stop() end
end

-- Asked before each request: a connection that has nothing left to send waits for the
-- others to be answered.
function wait()
  if promised >= lines then return 60000 end
  promised = promised + 1
  return 0
end

function done(summary, latency, requests)
  local sums = { sent = 0, verified = 0, refused = 0, wrapped = 0 }
  for _, thread in ipairs(threads) do
    for name, _ in pairs(sums) do sums[name] = sums[name] + thread:get(name) end
  end
  local errors = summary.errors
  local socket = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format(
    "result requests=%d microseconds=%d p50=%d p99=%d maximum=%d status_errors=%d socket_errors=%d " ..
    "sent=%d verified=%d refused=%d wrapped=%d\n",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    errors.status, socket, sums.sent, sums.verified, sums.refused, sums.wrapped))
end
