-- Asks Claviger about a request, for the haproxy.cfg beside which this lies, as
-- `claviger integrate haproxy --lua` prints it.

local socket = "unix@@SOCKET@"
local patience = 2500 -- Milliseconds; HAProxy asks four times before it gives up.

-- All that a client sent under one name, so that the daemon can refuse two.
local function sent(headers, name)
    local values = {}
    for index, value in pairs(headers[name] or {}) do
        values[index + 1] = value
    end
    return #values > 0 and values or nil
end

local function ask(txn)
    local headers = txn.http:req_get_headers()
    local question = {
        ["authorization"] = sent(headers, "authorization"),
        ["x-api-key"] = sent(headers, "x-api-key"),
    }
    -- There but empty is refused by the daemon, and so never skips the check.
    local account = txn:get_var("txn.claviger_account")
    if account ~= nil then
        question["x-account-id"] = { account }
    end
    local answer = core.httpclient():head({
        url = "http://localhost/authorize",
        dst = socket,
        headers = question,
        timeout = patience,
    })
    txn:set_var("txn.claviger_status", answer.status)
    if answer.status == 200 then
        txn:set_var("txn.claviger_key_id", answer.headers["x-claviger-key-id"][0])
        txn:set_var("txn.claviger_key_name", answer.headers["x-claviger-key-name"][0])
    end
end

core.register_action("claviger", { "http-req" }, ask, 0)
