// How Lua functions are run. Both ways give the same results, errors, tracebacks and step counts; only their speed differs.
namespace Evalsha.Lua;

public enum LuaTier
{
    /// <summary>Every function begins in the interpreter; those that prove hot are compiled to IL, where the runtime can compile at all.</summary>
    Automatic,

    /// <summary>The interpreter only.</summary>
    Interpreted,

    /// <summary>Every function is compiled when it is made, before its first call: for tests of the compiler.</summary>
    Compiled,
}
