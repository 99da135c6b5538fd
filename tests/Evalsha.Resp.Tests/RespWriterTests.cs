// The writer's bytes, protocol 2 beside protocol 3.
using System.Text;

namespace Evalsha.Resp.Tests;

public sealed class RespWriterTests
{
    [Fact]
    public void Each_kind_has_its_form_in_both_protocols()
    {
        Both(w => w.Null(), "$-1\r\n", "_\r\n");
        Both(w => w.NullArray(), "*-1\r\n", "_\r\n");
        Both(w => w.Boolean(true), ":1\r\n", "#t\r\n");
        Both(w => w.Boolean(false), ":0\r\n", "#f\r\n");
        Both(w => w.Double(1.5), "$3\r\n1.5\r\n", ",1.5\r\n");
        Both(w => w.Double(double.NegativeInfinity), "$4\r\n-inf\r\n", ",-inf\r\n");
        Both(w => w.Map(2), "*4\r\n", "%2\r\n");
        Both(w => w.Set(2), "*2\r\n", "~2\r\n");
        Both(w => w.Push(3), "*3\r\n", ">3\r\n");
        Both(w => w.BigNumber("123"u8), "$3\r\n123\r\n", "(123\r\n");
        Both(w => w.Verbatim("txt"u8, "abc"u8), "$3\r\nabc\r\n", "=7\r\ntxt:abc\r\n");
        Both(w => w.BulkError("ERR a\nb"u8), "-ERR a b\r\n", "!7\r\nERR a\nb\r\n");
        Both(w => w.Integer(long.MinValue), ":-9223372036854775808\r\n", ":-9223372036854775808\r\n");
        Both(w => w.Bulk("é"), "$2\r\né\r\n", "$2\r\né\r\n");
        Both(w => w.Error("ERR bad\r\nline"), "-ERR bad  line\r\n", "-ERR bad  line\r\n");
        Both(w => w.SimpleString("OK"u8), "+OK\r\n", "+OK\r\n");
        Both(w => w.Array(0), "*0\r\n", "*0\r\n");
        Both(w => w.BulkInteger(-7), "$2\r\n-7\r\n", "$2\r\n-7\r\n");
    }

    private static void Both(Action<RespWriter> write, string resp2, string resp3)
    {
        Written(write, 2).ShouldBe(resp2);
        Written(write, 3).ShouldBe(resp3);
    }

    private static string Written(Action<RespWriter> write, int protocol)
    {
        var buffer = new RespBuffer(1);
        write(new RespWriter(buffer) { Protocol = protocol });
        return Encoding.UTF8.GetString(buffer.Written);
    }
}
