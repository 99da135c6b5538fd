-- Runs a program several times inside one process and prints the least CPU time of a run in seconds, then what the program printed.
--     lua timed.lua PROGRAM ROUNDS
-- CPU time is os.clock: of all threads of the process, so of collections and of compiling in the background too.
-- Each run must print the same. Compiling the program and starting the process do not count.
local file, rounds = arg[1], tonumber(arg[2])
local chunk = assert(loadfile(file))
local tostring, concat = tostring, table.concat
local lines
function print(...)
  local line = {}
  for i = 1, select('#', ...) do line[i] = tostring((select(i, ...))) end
  lines[#lines + 1] = concat(line, '\t')
end
local least, printed = math.huge, nil
for round = 1, rounds do
  lines = {}
  collectgarbage()
  local before = os.clock()
  chunk()
  least = math.min(least, os.clock() - before)
  local text = concat(lines, '\n')
  assert(printed == nil or printed == text, 'two runs printed different things')
  printed = text
end
io.write(string.format('%.6f\n', least), printed, '\n')
