// The words of the commands that are written as effects in place of what the client sent.
// Always: upper case, as Redis writes them into its append-only file.
using Evalsha.Lua.Runtime;

namespace Evalsha.Server.Commands;

internal static class Words
{
    public static readonly ByteString Set = ByteString.FromUtf8("SET");
    public static readonly ByteString Pxat = ByteString.FromUtf8("PXAT");
    public static readonly ByteString KeepTtl = ByteString.FromUtf8("KEEPTTL");
    public static readonly ByteString Del = ByteString.FromUtf8("DEL");
    public static readonly ByteString PExpireAt = ByteString.FromUtf8("PEXPIREAT");
    public static readonly ByteString Persist = ByteString.FromUtf8("PERSIST");
    public static readonly ByteString HSet = ByteString.FromUtf8("HSET");
    public static readonly ByteString SRem = ByteString.FromUtf8("SREM");
    public static readonly ByteString LPop = ByteString.FromUtf8("LPOP");
    public static readonly ByteString RPop = ByteString.FromUtf8("RPOP");
    public static readonly ByteString LMove = ByteString.FromUtf8("LMOVE");
    public static readonly ByteString RPopLPush = ByteString.FromUtf8("RPOPLPUSH");
    public static readonly ByteString ZPopMin = ByteString.FromUtf8("ZPOPMIN");
    public static readonly ByteString ZPopMax = ByteString.FromUtf8("ZPOPMAX");
    public static readonly ByteString XAdd = ByteString.FromUtf8("XADD");
    public static readonly ByteString XClaim = ByteString.FromUtf8("XCLAIM");
    public static readonly ByteString XGroup = ByteString.FromUtf8("XGROUP");
    public static readonly ByteString SetId = ByteString.FromUtf8("SETID");
    public static readonly ByteString CreateConsumer = ByteString.FromUtf8("CREATECONSUMER");
    public static readonly ByteString EntriesRead = ByteString.FromUtf8("ENTRIESREAD");
    public static readonly ByteString Zero = ByteString.FromUtf8("0");
    public static readonly ByteString Time = ByteString.FromUtf8("TIME");
    public static readonly ByteString RetryCount = ByteString.FromUtf8("RETRYCOUNT");
    public static readonly ByteString Force = ByteString.FromUtf8("FORCE");
    public static readonly ByteString JustId = ByteString.FromUtf8("JUSTID");
    public static readonly ByteString LastId = ByteString.FromUtf8("LASTID");
    public static readonly ByteString XTrim = ByteString.FromUtf8("XTRIM");
    public static readonly ByteString MaxLen = ByteString.FromUtf8("MAXLEN");
    public static readonly ByteString MinId = ByteString.FromUtf8("MINID");
    public static readonly ByteString NoMkStream = ByteString.FromUtf8("NOMKSTREAM");
    public static readonly ByteString Exactly = ByteString.FromUtf8("=");
}
