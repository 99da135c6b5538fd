// The kinds of reply that RESP2 and RESP3 know.
namespace Evalsha.Resp;

/// <summary>What a <see cref="RespValue"/> is. The default value is <see cref="Null"/>.</summary>
public enum RespKind : byte
{
    Null,
    SimpleString,
    Error,
    Integer,
    BulkString,
    Array,
    Boolean,
    Double,
    BigNumber,
    BulkError,
    VerbatimString,
    Map,
    Set,
    Push,
}
