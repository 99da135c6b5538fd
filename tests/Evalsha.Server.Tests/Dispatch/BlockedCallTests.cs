// A wait longer than any timer can be set to.
using Evalsha.Lua.Runtime;
using Evalsha.Resp;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace.Values;
using Evalsha.Server.Scripting;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Dispatch;

public sealed class BlockedCallTests
{
    [Fact]
    public void A_wait_of_a_hundred_days_is_waited_in_parts()
    {
        var time = new ManualTime();
        var server = new ServerContext(time, 1, 1, new ServerConfig());
        var call = new BlockedCall(server, NoClient.Instance);
        var command = new CommandContext(server, NoClient.Instance, new RespReply(new RespBuffer(), server.Stats));
        call.Begin(command, typeof(ListValue), [ByteString.FromUtf8("q")], (long)TimeSpan.FromDays(100).TotalMilliseconds, []);
        var parts = 0;
        while (true)
        {
            call.Woken.IsCompleted.ShouldBeFalse();
            time.Advance(TimeSpan.FromDays(40));
            call.Woken.IsCompleted.ShouldBeTrue();
            parts++;
            if (!call.TryWaitOn())
            {
                break;
            }
        }

        parts.ShouldBe(3);
        call.IsLate.ShouldBeTrue();
        call.TimeOut();
        call.IsWaiting.ShouldBeFalse();
        server.Unit.Waiters.Count.ShouldBe(0);
    }
}
