// os and io against lua5.1 where both see the same world (UTC, the same files), and alone where the host decides.
using System.Text;
using Evalsha.Lua.Runtime;
using Evalsha.Tests.Support;

namespace Evalsha.Lua.Tests.Library;

public sealed class OsAndIoLibraryTests
{
    [Fact]
    public void Dates_print_as_in_the_c_locale() => OurLua.ShouldPrintWhatPucPrints("""
        for _, t in ipairs {0, 1, 86399, 86400, 951782400, 1078012800, 1234567890, 1700000000, 1767225599, 4102444800, -1, -86400 * 365} do
          for c in ('aAbBcCdDeFgGhHIjklmMnpPrRsStTuUVwWxXyYZ%'):gmatch('.') do
            if not (c == 's') then print(t, c, os.date('!%' .. c, t)) end
          end
          local d = os.date('!*t', t)
          print(d.year, d.month, d.day, d.hour, d.min, d.sec, d.wday, d.yday, tostring(d.isdst))
          print(os.date('!%Y-%m-%d %H:%M:%S 100%', t))
        end
        for y = 1999, 2030 do print(os.date('!%U %W %V %G %g %j', os.time {year = y, month = 1, day = 1, hour = 12}), os.date('!%U %W %V %G', os.time {year = y, month = 12, day = 31})) end
        print(os.time {year = 2024, month = 14, day = -3, hour = 30, min = -5, sec = 100}, os.time {year = 2024, month = 2, day = 30})
        print(pcall(os.time, {year = 2024, month = 1})) print(pcall(os.time, {})) print(pcall(os.time, 1))
        print(os.difftime(5, 3), os.difftime(5), pcall(os.difftime), pcall(os.date, {}))
        print(os.setlocale(), os.setlocale('C'), os.setlocale('xx'), pcall(os.setlocale, 'C', 'bad'))
        print(os.getenv('NO_SUCH_VARIABLE_HERE'), type(os.getenv('PATH')), type(os.clock()), type(os.time()), type(os.tmpname()))
        print(os.remove('/no/such/file')) print(os.rename('/no/such/file', '/tmp/x'))
        print(os.execute('exit 3'), os.execute() ~= 0)
        """);

    [Fact]
    public void Files_read_and_write_as_in_puc() => OurLua.ShouldPrintWhatPucPrints("""
        local name = os.tmpname()
        local f = assert(io.open(name, 'w'))
        print(io.type(f), io.type(io.stdout), io.type(1), tostring(f):match('^file %(0x'))
        print(f:write('first line\n', 2, ' ', 3.5, '\n0x10 -7 1e2 end\n\nlast without end') == true)
        print(f:seek('cur'), f:seek('set', 3), f:seek('end'), pcall(f.seek, f, 'bad'))
        print(f:close(), io.type(f), tostring(f), pcall(f.write, f, 'x')) print(pcall(function() f:read() end))
        for line in io.lines(name) do print('<' .. line .. '>') end
        f = io.open(name)
        print(f:read('*l', '*n', '*n', '*l')) print(f:read('*n', '*n', '*n', '*n')) print(f:read(0), f:read(3), f:read('*a'), f:read('*a'), f:read('*l'), f:read(0), f:read(5))
        print(pcall(f.read, f, '*x')) print(pcall(f.read, f, 'l')) print(f:seek('set')) for l in f:lines() do io.write('[', l, ']') end print()
        print(f:close())
        f = io.open(name, 'a') f:write('!') f:close() f = io.open(name, 'r+') f:write('FIRST') f:seek('end', -4) print(f:read('*a')) f:seek('set') print(f:read()) f:close()
        print(io.open('/no/such/file')) print(pcall(io.lines, '/no/such/file')) print(pcall(io.input, '/no/such/file'))
        local before = io.output() io.output(name) io.write('via default', 1) io.close() io.output(before) print(io.open(name):read('*a'))
        io.input(name) print(io.read(3), io.read('*a'), io.read('*a'), io.read('*l')) io.close(io.input()) print(pcall(io.read))
        print(os.remove(name), select('#', io.open(name)))
        local t = io.tmpfile() t:write('temporary') t:seek('set') print(t:read('*a')) t:close()
        print(pcall(io.close, f)) print(pcall(f.lines, f)) print(pcall(io.open)) print(pcall(f.read)) print(pcall(f.read, 1)) print(getmetatable(f).__index == getmetatable(f))
        """);

    [Fact]
    public void The_clock_counts_the_processor_time_of_the_process()
    {
        var state = new LuaState();
        var before = Environment.CpuUsage.TotalTime.TotalSeconds;
        var told = state.Call(state.Load("return os.clock()"u8, "=test"))[0].AsNumber;
        told.ShouldBeInRange(before, Environment.CpuUsage.TotalTime.TotalSeconds);
    }

    [Fact]
    public void Under_a_clock_of_the_host_it_counts_that_clocks_seconds()
    {
        var time = new ManualTime();
        var state = new LuaState(new LuaOptions { Time = time });
        var clock = state.Load("return os.clock()"u8, "=test");
        state.Call(clock)[0].AsNumber.ShouldBe(0);
        time.Advance(TimeSpan.FromSeconds(2.5));
        state.Call(clock)[0].AsNumber.ShouldBe(2.5);
    }

    [Fact]
    public void A_host_that_grants_no_exit_is_not_ended()
    {
        var state = new LuaState();
        state.TryCall(state.Load("os.exit(3)"u8, "=test"), [], out LuaValue _, out var error).ShouldBeFalse();
        error.Message.ShouldBe("test:1: os.exit is not available in this host");

        var code = 0;
        state = new LuaState(new LuaOptions { Exit = given => code = given });
        state.TryCall(state.Load("os.exit(3)"u8, "=test"), [], out LuaValue _, out _).ShouldBeTrue();
        code.ShouldBe(3);
    }

    [Fact]
    public void Print_and_io_write_keep_their_order()
    {
        var output = new MemoryStream();
        var state = new LuaState(new LuaOptions { Output = output });
        state.Call(state.Load("print(1) io.write(2, '\\n') print(3) io.stdout:write('4\\n')"u8, "=test"));
        state.FlushOutput();
        Encoding.ASCII.GetString(output.ToArray()).ShouldBe("1\n2\n3\n4\n");
    }
}
