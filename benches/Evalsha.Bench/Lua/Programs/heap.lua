-- A priority queue: pushes and pops on a binary heap of records.
local heap, n = {}, 0
local function push(item)
  n = n + 1
  local i = n
  while i > 1 do
    local parent = math.floor(i / 2)
    if heap[parent].at <= item.at then break end
    heap[i] = heap[parent]
    i = parent
  end
  heap[i] = item
end
local function pop()
  local top, last = heap[1], heap[n]
  heap[n] = nil
  n = n - 1
  if n == 0 then return top end
  local i = 1
  while true do
    local child = i * 2
    if child > n then break end
    if child < n and heap[child + 1].at < heap[child].at then child = child + 1 end
    if heap[child].at >= last.at then break end
    heap[i] = heap[child]
    i = child
  end
  heap[i] = last
  return top
end
local x, s = 7, 0
for i = 1, 100000 do x = x * 16807 % 2147483647 push({at = x % 100000, id = i}) end
for i = 1, 100000 do local item = pop() s = (s * 31 + item.at) % 1000003 end
print(s)
