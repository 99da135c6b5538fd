-- Numeric loops: for, while and repeat over numbers in local variables.
local s = 0
for i = 1, 16000000 do s = s + i % 7 * 0.5 end
local i = 0
while i < 8000000 do i = i + 1 if i % 2 == 0 then s = s + 1 end end
repeat i = i - 3 s = s - i / 1000000 until i <= 0
print(s)
