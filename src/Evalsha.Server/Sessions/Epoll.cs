// Linux's epoll, as much of it as the event loop needs: register a socket once, wait for many, be woken from another thread.
// Always: edge-triggered, so a registered descriptor costs no system call but the one that waits; the descriptors close when it is disposed of.
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Evalsha.Server.Sessions;

internal sealed class Epoll : IDisposable
{
    public const uint In = 0x001;
    public const uint Out = 0x004;
    public const uint Error = 0x008;
    public const uint HangUp = 0x010;
    public const uint PeerClosed = 0x2000;
    private const uint Edge = 1u << 31;
    private const int Add = 1;
    private const int CloseOnExec = 0x80000; // O_CLOEXEC, for epoll and eventfd alike
    private const int NonBlocking = 0x800;
    private const int Interrupted = 4; // EINTR
    private const ulong WakeMark = ulong.MaxValue;

    // The kernel packs struct epoll_event on x86-64 only.
    private static readonly int DataAt = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EventSize = DataAt + sizeof(ulong);

    private readonly int _poll;
    private readonly int _wake;
    private readonly byte[] _events;

    /// <param name="eventsMax">How many events one wait returns at most.</param>
    public Epoll(int eventsMax)
    {
        _events = new byte[eventsMax * EventSize];
        _poll = Checked(epoll_create1(CloseOnExec), "epoll_create1");
        _wake = Checked(eventfd(0, CloseOnExec | NonBlocking), "eventfd");
        Register(_wake, WakeMark, In);
    }

    public static bool IsSupported => OperatingSystem.IsLinux();

    /// <summary>From now on, edges of this descriptor are reported with this slot. Closing the descriptor ends it.</summary>
    public void Register(int descriptor, int slot) => Register(descriptor, (ulong)slot, In | Out | PeerClosed | Edge);

    /// <summary>How many events have come; waits for the first one unless told not to.</summary>
    public int Wait(bool mayBlock)
    {
        while (true)
        {
            var count = epoll_wait(_poll, _events, _events.Length / EventSize, mayBlock ? -1 : 0);
            if (count >= 0)
            {
                return count;
            }

            if (Marshal.GetLastPInvokeError() != Interrupted)
            {
                throw new Win32Exception(Marshal.GetLastPInvokeError(), "epoll_wait failed");
            }
        }
    }

    /// <summary>Event <paramref name="i"/> of the last wait; a slot of -1 is the wake-up.</summary>
    public (int Slot, uint What) Event(int i)
    {
        var bytes = _events.AsSpan(i * EventSize, EventSize);
        return ((int)MemoryMarshal.Read<ulong>(bytes[DataAt..]), MemoryMarshal.Read<uint>(bytes));
    }

    /// <summary>Ends the present wait, or the next one. Any thread.</summary>
    public void Wake() => _ = write(_wake, [1, 0, 0, 0, 0, 0, 0, 0], sizeof(ulong));

    public void Dispose()
    {
        _ = close(_wake);
        _ = close(_poll);
    }

    private static int Checked(int result, string call) =>
        result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError(), $"{call} failed");

    private void Register(int descriptor, ulong data, uint what)
    {
        var request = new byte[EventSize];
        MemoryMarshal.Write(request, what);
        MemoryMarshal.Write(request.AsSpan(DataAt), data);
        Checked(epoll_ctl(_poll, Add, descriptor, request), "epoll_ctl");
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int epoll_create1(int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int epoll_ctl(int poll, int operation, int descriptor, byte[] request);

    [DllImport("libc", SetLastError = true)]
    private static extern int epoll_wait(int poll, byte[] events, int eventsMax, int milliseconds);

    [DllImport("libc", SetLastError = true)]
    private static extern int eventfd(uint value, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern nint write(int descriptor, byte[] bytes, nint count);

    [DllImport("libc", SetLastError = true)]
    private static extern int close(int descriptor);
}
