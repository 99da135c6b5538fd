// Runs a program in our engine and gives the bytes it printed; in a thread as small as the engine promises to live in.
using System.Text;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Tests;

internal static class LuaHost
{
    /// <summary>The engine promises to live in a stack of this size.</summary>
    public const int StackBytes = 512 * 1024;

    public static string Run(string program, LuaOptions? options = null, string chunkName = "=program")
    {
        var output = new MemoryStream();
        var state = new LuaState((options ?? new LuaOptions()) with { Output = output });
        InSmallStack(() => state.Call(state.Load(Encoding.Latin1.GetBytes(program), chunkName)));
        return Encoding.Latin1.GetString(output.ToArray());
    }

    /// <summary>Runs a program whose last statement returns a value.</summary>
    public static LuaValue Value(string program, LuaOptions? options = null)
    {
        var state = new LuaState(options);
        return InSmallStack(() => state.Call(state.Load(Encoding.Latin1.GetBytes(program), "=program"))[0]);
    }

    public static LuaError Error(string program, LuaOptions? options = null)
    {
        var state = new LuaState(options);
        var function = state.Load(Encoding.Latin1.GetBytes(program), "=program");
        return InSmallStack(() =>
        {
            state.TryCall(function, [], out LuaValue _, out var error).ShouldBeFalse();
            return error;
        });
    }

    public static void InSmallStack(Action action) => InSmallStack<object?>(() =>
    {
        action();
        return null;
    });

    public static T InSmallStack<T>(Func<T> function)
    {
        T result = default!;
        System.Runtime.ExceptionServices.ExceptionDispatchInfo? failure = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    result = function();
                }
                catch (Exception e)
                {
                    failure = System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(e);
                }
            },
            StackBytes);
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }
}
