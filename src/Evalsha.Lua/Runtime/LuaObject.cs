// What tables, functions, userdata and coroutines have in common: an identity that can be printed and hashed, and the mark of the last
// walk over live values. The identity is given on first use, so that most objects never need one and a run numbers them the same each time.
namespace Evalsha.Lua.Runtime;

public abstract class LuaObject
{
    static int _lastIdentity;

    int _identity;

    /// <summary>The walk that last reached this object; see <see cref="LiveBytes"/>.</summary>
    internal int Mark;

    private protected LuaObject()
    {
    }

    /// <summary>A number of this object's own, never 0. Takes the place of an address in tostring and in hash order.</summary>
    public int Identity
    {
        get
        {
            if (_identity == 0) Interlocked.CompareExchange(ref _identity, Interlocked.Increment(ref _lastIdentity), 0);
            return _identity;
        }
    }
}
