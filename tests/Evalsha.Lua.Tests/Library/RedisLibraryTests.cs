// cjson, cmsgpack, struct and bit against the redis-server that is installed: one generated program runs there by EVAL and here in the sandbox,
// and both must give the same bytes, order of keys and error texts included.
using System.Text;
using Evalsha.Lua.Runtime;
using Evalsha.Tests.Support;

namespace Evalsha.Lua.Tests.Library;

public sealed class RedisLibraryTests : IAsyncLifetime
{
    private const string Tools = """
        local out = {}
        local seed = 20261120
        local function rnd(n) seed = (seed * 16807) % 2147483647 return seed % n + 1 end
        local function pick(t) return t[rnd(#t)] end
        local function hex(s) return (s:gsub('.', function(c) return string.format('%02x', c:byte()) end)) end
        local function show(v, depth)
          depth = depth or 0
          if type(v) == 'string' then return 's:' .. hex(v) end
          if type(v) == 'number' then return string.format('%.17g', v) end
          if type(v) ~= 'table' then return tostring(v) end
          if depth > 40 then return '...' end
          local parts, odd = {}, false
          for k, x in pairs(v) do
            parts[#parts + 1] = show(k, depth + 1) .. '=' .. show(x, depth + 1)
            odd = odd or type(k) == 'table'             -- the order of tables as keys is that of their addresses
          end
          if odd then table.sort(parts) end
          return '{' .. table.concat(parts, ' ') .. '}#' .. #v
        end
        local function all(ok, ...)
          if not ok then return 'error ' .. tostring((...)) end
          local parts = {}
          for i = 1, math.min(select('#', ...), 50) do parts[i] = show((select(i, ...))) end
          return select('#', ...) .. ' ' .. table.concat(parts, ' ')
        end
        local function log(name, ...) out[#out + 1] = name .. ' ' .. all(pcall(...)) end
        local numbers = {0, 1, -1, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2^31 - 1, 2^31, 2^32 - 1, 2^32, 2^53, 2^62, 2^63, 2^64, -32, -33, -128, -129, -32768, -32769,
          -2^31, -2^31 - 1, -2^63, -2^64, 0.5, 1.5, 2.5, -1.5, 0.1, 1e15, 1e14, 1e300, -1e300, 1e-10, 1/0, -1/0, 0/0, -0.0, 3.14159, 16777217, 1/3}
        local words = {'', 'a', 'abc', 'key', 'a/b', '"\\\n\t\r\b\f\127\1', '\195\169', '\255\0', ('x'):rep(31), ('x'):rep(32), ('y'):rep(300), '1', '2', '10', '1.5', 'true'}
        local function value(depth)
          local kind = rnd(depth > 4 and 4 or 7)
          if kind == 1 then return pick(numbers) end
          if kind == 2 then return pick(words) end
          if kind == 3 then return rnd(2) == 1 end
          if kind == 4 then return rnd(3) == 1 and cjson.null or rnd(1000) end
          local t = {}
          if kind == 5 then for i = 1, rnd(6) - 1 do t[i] = value(depth + 1) end return t end
          for i = 1, rnd(9) - 1 do
            local k = rnd(3) == 1 and rnd(6) or rnd(8) == 1 and rnd(200) / 4 or pick(words)
            t[k] = value(depth + 1)
            if rnd(6) == 1 then t[pick(words)] = nil end
          end
          return t
        end

        """;

    // Bytes that a shown reply would quote are escaped by the program itself, line ends too.
    private const string Ending = """

        return (table.concat(out, '\n'):gsub("['\"\\%c\128-\255]", function(c) return string.format('%%%02x', c:byte()) end))
        """;

    private RealRedis _server = null!;
    private RawRedis _client = null!;

    public async Task InitializeAsync()
    {
        _server = await RealRedis.StartAsync();
        _client = await RawRedis.ConnectAsync(_server.Port);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Cjson_encodes_as_in_redis() => await ShouldReplyAsRedisAsync("""
        for i = 1, 3000 do log('encode', cjson.encode, value(0)) end
        for _, n in ipairs(numbers) do log('number', cjson.encode, n) end
        for i = 1, 300 do
          local t = {}
          for j = 1, rnd(60) do t['k' .. rnd(100)] = j end
          for j = 1, rnd(30) do t['k' .. rnd(100)] = nil end
          for j = 1, rnd(10) do t['k' .. rnd(100)] = -j end
          log('order', cjson.encode, t)
        end
        for i = 1, 300 do
          local t = {}
          for j = 1, rnd(12) do t[rnd(rnd(3) == 1 and 60 or 14)] = j end
          log('sparse', cjson.encode, t)
        end
        log('none', cjson.encode) log('two', cjson.encode, 1, 2) log('nil', cjson.encode, nil)
        log('function', cjson.encode, function() end) log('inner', cjson.encode, {a = {1, {function() end}}}) log('thread', cjson.encode, coroutine.create(function() end))
        log('boolean key', cjson.encode, {[true] = 1}) log('table key', cjson.encode, {[{}] = 1}) log('inf key', cjson.encode, {[1/0] = 1}) log('huge key', cjson.encode, {[2^40] = 1})
        log('where', function() return cjson.encode({function() end}) end)
        local deep = {} for i = 1, 998 do deep = {deep} end log('deep', function() return #cjson.encode(deep) end)
        deep = {deep} log('deep', function() return #cjson.encode(deep) end) deep = {deep} log('deep', cjson.encode, deep)
        deep = 1 for i = 1, 1000 do deep = {a = deep} end log('deep map', function() return #cjson.encode(deep) end) deep = {a = deep} log('deep map', cjson.encode, deep)
        local loop = {} loop.a = loop log('loop', cjson.encode, loop)
        log('limit', cjson.encode_max_depth, 100000)
        deep = 1 for i = 1, 9000 do deep = {deep} end log('slots', cjson.encode, deep)
        deep = 1 for i = 1, 9000 do deep = {a = deep} end log('slots', cjson.encode, deep)
        deep = 1 for i = 1, 7990 do deep = {deep} end log('slots', function() return #cjson.encode(deep) end)
        log('limit', cjson.encode_max_depth, 1000)
        for _, mode in ipairs {'null', 'on', true, 'off', false} do
          log('mode', cjson.encode_invalid_numbers, mode)
          log('invalid', cjson.encode, {0/0, 1/0, -1/0}) log('invalid key', cjson.encode, {[1/0] = 1})
        end
        for _, precision in ipairs {1, 3, 7, 14} do log('precision', cjson.encode_number_precision, precision) log('digits', cjson.encode, numbers[#numbers - 2]) log('digits', cjson.encode, {3.14159, 1e15, 1/3, 123456}) end
        log('sparse on', cjson.encode_sparse_array, true, 2, 3) log('sparse', cjson.encode, {[1] = 1, [100] = 2}) log('sparse', cjson.encode, {[5] = 2})
        log('sparse off', cjson.encode_sparse_array, false, 0, 10) log('sparse', function() return #cjson.encode({[1] = 1, [1000] = 2}) end)
        log('sparse', cjson.encode_sparse_array, nil, 2, 10)
        local own = cjson.new() own.encode_number_precision(2) log('own', own.encode, 3.14159) log('shared', cjson.encode, 3.14159)
        """);

    [Fact]
    public async Task Cjson_settings_refuse_as_in_redis() => await ShouldReplyAsRedisAsync("""
        local values = {0, 1, -1, 14, 15, 1.5, '3', 'on', 'off', 'null', 'bad', true, false, {}, 2^31, 2^40, 0/0}
        for _, name in ipairs {'encode_sparse_array', 'encode_max_depth', 'decode_max_depth', 'encode_number_precision', 'encode_keep_buffer', 'encode_invalid_numbers', 'decode_invalid_numbers'} do
          log(name, cjson[name])
          local own = cjson.new()
          for _, v in ipairs(values) do log(name, own[name], v) end
          log(name, own[name], nil) log(name, own[name], 1, 2, 3, 4) log(name, own[name], nil, -1, 3) log(name, own[name], nil, 3, -1) log(name, own[name], nil, 3, 'x')
          log(name, function() return own[name]({}) end)
        end
        local names = {} for k, v in pairs(cjson) do names[#names + 1] = k .. '=' .. type(v) end log('order', function() return unpack(names) end)
        log('null', function() return tostring(cjson.null), type(cjson.null), cjson.null == cjson.new().null, cjson._NAME, cjson._VERSION end)
        for _, library in ipairs {cmsgpack, struct, bit, string, math, table, coroutine} do
          local list = {} for k, v in pairs(library) do list[#list + 1] = k .. '=' .. (type(v) == 'string' and v or type(v)) end log('order', function() return unpack(list) end)
        end
        """);

    [Fact]
    public async Task Cjson_decodes_as_in_redis() => await ShouldReplyAsRedisAsync("""
        local tokens = {'{', '}', '[', ']', ',', ':', '"a"', '"b"', '"\\u00e9"', '"\\ud83d\\ude00"', '"\\ud83d"', '"\\ude00"', '"\\u12"', '"\\x"', '"\\n\\t\\/\\\\"', '"', 'true', 'false', 'null', 'nul',
          'nan', 'NaN', '-nan', 'inf', '-Inf', 'Infinity', '1', '-1', '0', '-0', '010', '0x1F', '0x', '1.5', '1e5', '1e', '.5', '-', '+1', '1e400', '12345678901234567890', ' ', '\n', '\0', '\1', 'x', '{}', '[]',
          '{"k":1}', '[1,2]', '"\0"', '"\255"', '"\\u0000"', '//'}
        for i = 1, 6000 do
          local parts = {}
          for j = 1, rnd(8) do parts[j] = pick(tokens) end
          log('tokens', cjson.decode, table.concat(parts))
        end
        for i = 1, 2500 do
          local ok, text = pcall(cjson.encode, value(0))
          if ok then
            log('back', cjson.decode, text)
            local at = rnd(#text)
            log('broken', cjson.decode, text:sub(1, at - 1) .. pick(tokens) .. text:sub(at + 1))
            log('cut', cjson.decode, text:sub(1, at))
          end
        end
        for i = 1, 200 do
          local parts = {}
          for j = 1, rnd(40) do parts[j] = '"k' .. rnd(60) .. '":' .. (rnd(5) == 1 and 'null' or j) end
          log('order', cjson.decode, '{' .. table.concat(parts, ',') .. '}')
        end
        log('none', cjson.decode) log('two', cjson.decode, '1', '2') log('nil', cjson.decode, nil) log('table', cjson.decode, {}) log('number', cjson.decode, 12)
        log('utf16', cjson.decode, '\0{') log('utf16', cjson.decode, '{\0') log('one', cjson.decode, '\0')
        log('where', function() return cjson.decode('[') end)
        log('deep', cjson.decode, ('['):rep(1001) .. (']'):rep(1001)) log('deep', function() return type(cjson.decode(('['):rep(1000) .. (']'):rep(1000))) end)
        log('deep', cjson.decode, ('{"a":'):rep(1001) .. '1' .. ('}'):rep(1001))
        cjson.decode_max_depth(100000)
        log('slots', cjson.decode, ('['):rep(9000)) log('slots', cjson.decode, ('{"a":'):rep(9000)) log('slots', function() return type(cjson.decode(('['):rep(7997) .. (']'):rep(7997))) end)
        log('slots', function() return type(cjson.decode(('['):rep(7998) .. (']'):rep(7998))) end)
        cjson.decode_max_depth(1000)
        cjson.decode_invalid_numbers(false)
        for _, text in ipairs {'nan', '-nan', 'inf', 'Infinity', '010', '0x10', '+1', '-0', '0', '0.5', '-', '1e400', '[1,nan]', '-x', '-0x1', '00', 'n', 'i', 'N'} do log('strict', cjson.decode, text) end
        cjson.decode_invalid_numbers(true)
        """);

    [Fact]
    public async Task Cmsgpack_packs_and_unpacks_as_in_redis() => await ShouldReplyAsRedisAsync("""
        for i = 1, 3000 do
          local v = value(0)
          log('pack', cmsgpack.pack, v)
          local ok, packed = pcall(cmsgpack.pack, v)
          log('back', cmsgpack.unpack, packed)
          local at = rnd(#packed)
          log('broken', cmsgpack.unpack, packed:sub(1, at - 1) .. string.char(rnd(256) - 1) .. packed:sub(at + 1))
          log('cut', cmsgpack.unpack, packed:sub(1, at - 1))
        end
        for _, n in ipairs(numbers) do log('number', cmsgpack.pack, n) log('number', function() return cmsgpack.unpack(cmsgpack.pack(n)) end) end
        for b = 0, 255 do for _, tail in ipairs {'', '\1', '\0\1\192', '\0\0\0\1\3\4\5\6\7\8', '\255\255\255\255\255\255\255\255'} do log('tag', cmsgpack.unpack, string.char(b) .. tail) end end
        for _, n in ipairs {0, 31, 32, 255, 256, 65535, 65536} do log('text', function() return cmsgpack.pack(('z'):rep(n)):sub(1, 8) end) end
        for _, n in ipairs {15, 16, 65535, 65536} do
          local array, map = {}, {}
          for i = 1, n do array[i] = 1 map['k' .. i] = 1 end
          log('array', function() return cmsgpack.pack(array):sub(1, 8) end) log('map', function() return cmsgpack.pack(map):sub(1, 5), #cmsgpack.unpack(cmsgpack.pack(array)) end)
        end
        for _, t in ipairs {{['1'] = 'a'}, {['1'] = 'a', [2] = 'b'}, {[1.5] = 1}, {[0] = 1}, {[-1] = 1}, {[2^31] = 1}, {[2] = 1}, {1, nil, 3}, {[1] = 1, [3] = 3}, {[1] = 1, x = 2}, {['0x1'] = 5}} do log('keys', cmsgpack.pack, t) end
        log('none', cmsgpack.pack) log('several', cmsgpack.pack, 1, 'a', {}, nil, true) log('function', cmsgpack.pack, function() end, cjson.null) log('trailing nil', cmsgpack.pack, nil, nil)
        local t = {} local r = t for i = 1, 20 do r[1] = {} r = r[1] end log('deep', cmsgpack.pack, t)
        r = {} for i = 1, 20 do r = {k = r} end log('deep', cmsgpack.pack, r) local loop = {} loop.x = loop log('loop', cmsgpack.pack, loop)
        for _, args in ipairs {{}, {1}, {{}}, {nil}, {'\1\2\3', 1}} do log('unpack', cmsgpack.unpack, unpack(args, 1, 2)) end
        for _, f in ipairs {'unpack', 'unpack_one', 'unpack_limit'} do
          log(f, cmsgpack[f])
          for _, a in ipairs {-2, -1, 0, 1, 2, 3, 4, 5, 2^31, 'x', 1.5} do
            log(f, cmsgpack[f], '\1\2\3', a)
            for _, b in ipairs {-1, 0, 1, 3, 4, 2^32} do log(f, cmsgpack[f], '\1\2\3', a, b) end
          end
        end
        log('where', function() return cmsgpack.unpack('\193') end)
        log('nil key', cmsgpack.unpack, '\129\192\1') log('nan key', cmsgpack.unpack, '\129\203\127\248\0\0\0\0\0\0\1') log('table key', function() return type(next(cmsgpack.unpack('\129\144\1'))) end)
        for _, n in ipairs {3980, 3990, 3995, 3996, 3997, 3998, 3999, 4000, 4005, 5000} do
          log('nest ' .. n, function() return type(cmsgpack.unpack(('\145'):rep(n) .. '\1')) end)
          log('nest ' .. n, function() return type(cmsgpack.unpack(('\129\1'):rep(n) .. '\1')) end)
          log('nest ' .. n, function() return select(2, pcall(cmsgpack.unpack, ('\129'):rep(n * 2))) end)
          log('nest ' .. n, function() return type(cmsgpack.unpack_one(('\145'):rep(n) .. '\1', 0)) end)
        end
        for _, n in ipairs {7990, 7995, 7996, 7997, 7998, 7999, 8000, 8001, 9000} do log('many ' .. n, function() return select('#', cmsgpack.unpack(('\1'):rep(n))) end) log('many', function() return select('#', cmsgpack.unpack_limit(('\1'):rep(n), n)) end) end
        """);

    [Fact]
    public async Task Struct_packs_and_unpacks_as_in_redis() => await ShouldReplyAsRedisAsync("""
        local items = {'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I', 'i1', 'I2', 'i3', 'I3', 'i4', 'I5', 'i8', 'I8', 'i9', 'I16', 'i16', 'i32', 'I32', 'i0', 'f', 'd', 's', 'c0', 'c1', 'c3', 'c', 'x', 'x', '>', '<', '!', '!1', '!2', '!4', '!8', '!16', ' '}
        local wrong = {'z', 'i33', '!3', '!0', 'c99999999999', 'i99999999999', '5', '(', 'X', '\255', 'A', '!2147483648', 'i2147483647'}
        local args = {0, 1, -1, 255, 256, -128, 65536, 2^31, 2^32, 2^53, 2^63, -2^63, 2^64, 1.9, -1.9, 0.1, 1e300, 0/0, 1/0, -1/0, 'abc', '', 'a\0b', '12', 'hello world'}
        for i = 1, 8000 do
          local f = {}
          for j = 1, rnd(5) do f[j] = pick(items) end
          if rnd(12) == 1 then f[#f + 1] = pick(wrong) end
          f = table.concat(f)
          local a, b, c, d, e = pick(args), pick(args), pick(args), pick(args), pick(args)
          log('pack ' .. f, struct.pack, f, a, b, c, d, e)
          log('size ' .. f, struct.size, f)
          local ok, packed = pcall(struct.pack, f, a, b, c, d, e)
          local data = ok and rnd(4) > 1 and packed or string.char(rnd(256) - 1, rnd(8) - 1, rnd(5) - 1, rnd(256) - 1, 0, rnd(256) - 1, 0, 0) .. ('data\0more'):rep(rnd(5))
          log('unpack', struct.unpack, f, data, rnd(4) == 1 and rnd(9) - 3 or nil)
        end
        for _, f in ipairs {'pack', 'unpack', 'size'} do log(f, struct[f]) log(f, struct[f], 1) log(f, struct[f], {}) log(f, struct[f], 'i') log(f, struct[f], 's') log(f, struct[f], 'd', nil) log(f, struct[f], 'ii', 1) log(f, struct[f], 'i', 'x') end
        log('where', function() return struct.unpack('I4', 'ab') end) log('where', function() return struct.pack('c4', 'abc') end)
        log('offset', struct.unpack, 'b', 'abc', 0) log('offset', struct.unpack, 'b', 'abc', -1) log('offset', struct.unpack, 'b', 'abc', 4) log('offset', struct.unpack, '', 'abc', 100) log('offset', struct.unpack, 'b', 'abc', 2^53)
        log('c0', struct.unpack, 'c0', 'abc') log('c0', struct.unpack, 'bc0', '\3abcd') log('c0', struct.unpack, 'bc0', '\9abcd') log('c0', struct.unpack, 'bc0', '\255abcd') log('c0', struct.unpack, 'sc0', '2\0abcd') log('c0', struct.unpack, 'dc0', struct.pack('d', 2.9) .. 'abcd')
        for _, n in ipairs {7990, 7994, 7995, 7996, 7997, 7998, 9000} do log('many ' .. n, function() return select('#', struct.unpack(('b'):rep(n), ('x'):rep(n))) end) end
        log('zeros', function() return #struct.pack(('x'):rep(5000)) end) log('nul', struct.pack, 'b\0z', 1)
        """);

    [Fact]
    public async Task Bit_operations_are_those_of_redis() => await ShouldReplyAsRedisAsync("""
        local args = {0, 1, -1, 31, 32, 33, 255, 2^31, 2^31 - 1, -2^31, 2^32, 2^32 - 1, 0.5, 1.5, 2.5, -0.5, -1.5, 2^40 + 5, 2^51, 2^52, 2^53, 1e300, 1/0, -1/0, 0/0, '12', '0xff', 'x', 8, 4, -8, -4, -9, 9}
        for name, f in pairs(bit) do
          log(name, f) log(name, f, {}) log(name, f, 'x', 'y') log(name, f, 1, {}) log(name, f, 1, nil) log(name, f, 1, 2, 'x', {})
          for _, a in ipairs(args) do
            log(name, f, a)
            for i = 1, 12 do log(name, f, a, pick(args)) log(name, f, a, pick(args), pick(args)) end
          end
        end
        """);

    /// <summary>The math and string functions of the sandbox too: Redis's Lua is not quite the stand-alone one.</summary>
    [Fact]
    public async Task The_standard_libraries_behave_as_in_redis() => await ShouldReplyAsRedisAsync("""
        for _, n in ipairs(numbers) do log('tostring', tostring, n) log('format', string.format, '%.17g %d %x %5.2f', n, n, n, n) end
        log('insert', table.insert, _G, 1) log('insert', table.insert, math, 1, 2) log('remove', table.remove, math) log('sort', table.sort, math)
        log('sort', table.sort, {3, 'a', 2}) log('sort', function() table.sort({3, 'a', 2}) end)
        log('setn', table.setn, {}, 1) log('rep', string.rep, 'x', 2^31) log('gfind', function() return string.gfind == string.gmatch end)
        log('dump', function() return type(string.find) end)
        """);

    private async Task ShouldReplyAsRedisAsync(string body)
    {
        var program = Tools + body + Ending;
        await _client.WriteAsync(RawRedis.Encode("EVAL", program, "0"));
        var theirs = await _client.ReadAsync();
        theirs.ShouldStartWith("$");

        var state = new LuaState(new LuaOptions { Libraries = LuaLibraries.Sandbox, Sandbox = true });
        state.TryLoad(Encoding.Latin1.GetBytes(program), "@user_script", out var chunk, out var error).ShouldBeTrue(error.Message);
        foreach (var library in (string[])["_G", "string", "table", "math", "coroutine", "cjson", "cmsgpack", "struct", "bit"])
        {
            state.Globals.GetString(Encoding.ASCII.GetBytes(library)).AsTable.IsReadOnly = true;
        }

        state.TryCall(chunk, [], out LuaValue result, out error).ShouldBeTrue(error.Message);
        var ours = result.AsString.ToString().Split("%0a");
        var expected = theirs[2..^1].Split("%0a");
        for (var i = 0; i < Math.Min(ours.Length, expected.Length); i++)
        {
            if (ours[i] != expected[i])
            {
                ours[i].ShouldBe(expected[i], $"line {i + 1} of {expected.Length}");
            }
        }

        ours.Length.ShouldBe(expected.Length);
        expected.Length.ShouldBeGreaterThan(7);
    }
}
