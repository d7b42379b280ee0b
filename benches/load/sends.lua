-- Sends `POST send/`: a text message to another number each time.
--
--   wrk … -s sends.lua URL -- DOMAIN KEY

local threads = {}

function setup(thread)
  table.insert(threads, thread)
  thread:set("number", #threads)
end

function init(args)
  local domain, key = args[1], args[2]
  sent = 0
  local head = '{"domain":"' .. domain .. '","channel":"sms","to":"+4474'
  local length = #head + 8 + 2
  start = "POST /identity/otp/send/ HTTP/1.1\r\nHost: " .. wrk.host .. "\r\nx-api-key: " .. key ..
    "\r\nContent-Type: application/json\r\nContent-Length: " .. length .. "\r\n\r\n" .. head
end

function request()
  sent = sent + 1
  return start .. string.format('%d%07d"}', number, sent)
end

function done(summary, latency, requests)
  local sent = 0
  for _, thread in ipairs(threads) do sent = sent + thread:get("sent") end
  local errors = summary.errors
  local socket = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format(
    "result requests=%d microseconds=%d p50=%d p99=%d maximum=%d status_errors=%d socket_errors=%d " ..
    "sent=%d verified=0 refused=0 wrapped=0\n",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    errors.status, socket, sent))
end
