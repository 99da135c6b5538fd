// Who looks at every command that runs. Always: 0 for an ordinary server, so the dispatcher asks one question about all of them.
namespace Evalsha.Server.Dispatch;

[Flags]
internal enum Attention
{
    None = 0,
    Monitors = 1,
    Tracking = 2,
    Pause = 4,
}
