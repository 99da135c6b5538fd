// The table accesses beyond the inline cache, where they leave the short way: chains that end in a function, new keys into full, guarded,
// read-only and self-describing tables, keys that cannot be, in both ways of running functions.
namespace Evalsha.Lua.Tests.Runtime;

public class InterpreterFieldsTests
{
    public static TheoryData<LuaTier> Tiers => new(LuaTier.Interpreted, LuaTier.Compiled);

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Fields_are_found_along_every_chain(LuaTier tier) => OurLua.ShouldPrintWhatPucPrints("""
        local base = {a = 1, f = function(self) return self.n end}
        local mid = setmetatable({b = 2}, {__index = base})
        local o = setmetatable({n = 7}, {__index = mid})
        for i = 1, 3 do print(o.a, o.b, o.n, o.none, o:f(), o[1], o['a'], o[o]) end
        base.a = nil mid.a = 5 print(o.a) mid.a = nil print(o.a) base.a = false print(o.a)
        local log = setmetatable({}, {__index = function(t, k) return 'asked ' .. tostring(k) end})
        local p = setmetatable({}, {__index = setmetatable({x = 1}, {__index = log})})
        for i = 1, 3 do print(p.x, p.y, p[i], p[i / 2], p[true]) end
        local s = 'text'
        print(s:len(), ('x'):rep(3), s.len == string.len, s.nothing, pcall(function() return s:nothing() end))
        for i = 1, 2 do print(pcall(function() return (nil).x end)) print(pcall(function() local t = {} return t.x.y end)) print(pcall(function() return (1):f() end)) end
        local loop = {} setmetatable(loop, {__index = loop}) print(pcall(function() return loop.x end)) print(pcall(function() return loop[1] end)) print(pcall(function() return loop:x() end))
        local many = {} for i = 1, 90 do many = setmetatable({}, {__index = many}) end print(many.x, many[1])
        local t = {[0] = 'zero', [-1] = 'minus', [1.5] = 'half', [2 ^ 40] = 'far'}
        for i = 1, 2 do print(t[0], t[-0], t[-1], t[1.5], t[2 ^ 40], t[0 / 0], t[nil], t[1], t[1e300]) end
        """, tier);

    [Theory]
    [MemberData(nameof(Tiers))]
    public void New_keys_are_stored_or_refused(LuaTier tier) => OurLua.ShouldPrintWhatPucPrints("""
        local t = {}
        for i = 1, 40 do t['k' .. i] = i t[i] = -i t[-i] = i end
        t.k1 = nil t.k1 = 'again' t.fresh = 1
        local n = 0 for k, v in pairs(t) do n = n + 1 end print(n, t.k1, t.k40, t[40], t[-40], t.fresh, #t)
        for i = 1, 2 do print(pcall(function() t[nil] = 1 end)) print(pcall(function() t[0 / 0] = 1 end)) print(pcall(function() local x x.y = 1 end)) print(pcall(function() local x x[1] = 1 end)) end
        local plain = setmetatable({}, {__index = {a = 1}})
        for i = 1, 3 do plain.a = (plain.a or 0) + i plain[i] = i plain['s' .. i] = i end print(plain.a, plain[3], plain.s3)
        local mt = {} local late = setmetatable({}, mt)
        late.a = 1 late[1] = 1 mt.__newindex = function(t, k, v) rawset(t, k, tostring(v) .. '!') end
        late.a = 2 late.b = 3 late[1] = 4 late[2] = 5 print(late.a, late.b, late[1], late[2]) late.b = nil late.b = 6 print(late.b)
        mt.__newindex = nil late.c = 7 print(late.c) mt.__newindex = {} late.d = 8 print(late.d, mt.__newindex.d)
        local own = {} setmetatable(own, own) own.x = 1 own.__newindex = function(t, k, v) rawset(t, k, v * 2) end
        for i = 1, 12 do own[i] = i own['y' .. i] = i end print(own.x, own[12], own.y12, pcall(function() own[nil] = 1 end))
        local deep = setmetatable({}, {__newindex = setmetatable({}, {__newindex = function(t, k, v) error('no ' .. tostring(k)) end})})
        print(pcall(function() deep.x = 1 end)) print(pcall(function() deep[1] = 1 end))
        """, tier);

    [Theory]
    [MemberData(nameof(Tiers))]
    public void A_readonly_table_refuses_new_and_old_keys(LuaTier tier)
    {
        var state = new LuaState(new LuaOptions { Tier = tier });
        var table = new Evalsha.Lua.Runtime.LuaTable { IsReadOnly = true };
        state.Globals.SetString("t", table);
        foreach (var store in (string[])["t.x = 1", "t[1] = 1", "t['a' .. 'b'] = 1", "setmetatable(t, {})"])
        {
            state.TryCall(state.Load(System.Text.Encoding.Latin1.GetBytes(store), "=test"), [], out Evalsha.Lua.Runtime.LuaValue _, out var error).ShouldBeFalse(store);
            error.Message.ShouldContain("Attempt to modify a readonly table");
        }
    }
}
