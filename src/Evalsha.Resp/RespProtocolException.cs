// The peer sent bytes that are not RESP, or more than a limit allows. The connection cannot be used any longer: nobody knows where the next reply begins.
namespace Evalsha.Resp;

public sealed class RespProtocolException(string message) : Exception(message);
