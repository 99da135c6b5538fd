// The server said no: an error reply. The request was received, and for a single command nothing was changed unless the command says otherwise.
using Evalsha.Resp;

namespace Evalsha.Client;

public class RedisException : Exception
{
    /// <param name="message">The error's whole text as the server sent it, code first.</param>
    public RedisException(string message)
        : base(message) => Code = RespValue.SplitError(message).Code;

    public RedisException(string code, string message)
        : base(message) => Code = code;

    /// <summary>The first word of the error, for example <c>WRONGTYPE</c>; <c>ERR</c> when it has none.</summary>
    public string Code { get; }

    /// <summary>The text after the code.</summary>
    public string Detail => RespValue.SplitError(Message).Detail;
}
