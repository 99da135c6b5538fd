-- Shaped like a Redis script: evidence against a table of requirements, every unmet one collected, a record split and joined.
local policy = {
  {path = 'tests.failed', op = '==', want = 0}, {path = 'tests.passed', op = '>=', want = 10}, {path = 'coverage', op = '>=', want = 80},
  {path = 'review.by', op = '~=', want = 'author'}, {path = 'lint', op = '==', want = 'clean'}, {path = 'size', op = '<', want = 500},
}
local function split(s, sep)
  local out, from = {}, 1
  while true do
    local at = s:find(sep, from, true)
    if not at then out[#out + 1] = s:sub(from) return out end
    out[#out + 1] = s:sub(from, at - 1)
    from = at + 1
  end
end
local compare = {
  ['=='] = function(a, b) return a == b end, ['~='] = function(a, b) return a ~= b end,
  ['>='] = function(a, b) return type(a) == 'number' and a >= b end, ['<'] = function(a, b) return type(a) == 'number' and a < b end,
}
local function check(record)
  local evidence = {}
  for _, pair in ipairs(split(record, ';')) do
    local key, value = pair:match('^([%w%.]+)=(.*)$')
    evidence[key] = tonumber(value) or value
  end
  local unmet = {}
  for i, rule in ipairs(policy) do
    local got = evidence[rule.path]
    if got == nil or not compare[rule.op](got, rule.want) then
      unmet[#unmet + 1] = rule.path .. ' ' .. rule.op .. ' ' .. tostring(rule.want) .. ', got ' .. tostring(got)
    end
  end
  return #unmet == 0, unmet
end
local passed, n = 0, 0
for i = 1, 50000 do
  local record = 'tests.failed=' .. i % 3 .. ';tests.passed=' .. i % 20 .. ';coverage=' .. i % 100 .. ';review.by=' .. (i % 4 == 0 and 'author' or 'other') .. ';lint=clean;size=' .. i % 600
  local ok, unmet = check(record)
  if ok then passed = passed + 1 end
  n = n + #table.concat(unmet, '\n')
end
print(passed, n)
