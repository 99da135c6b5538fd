// One Lua value: 16 bytes, a 64-bit word and a reference.
// The word is the bits of a double, unless it is one of the sixteen highest patterns (NaNs that arithmetic never makes): then it is a tag.
// Small negative tags compare with an 8-bit immediate. A reference is read only after its tag was seen: a slot that was overwritten by a
// number may keep a stale one (WriteNumber), which saves the collector's write barrier on the path that matters most.
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Evalsha.Lua.Runtime;

public readonly partial struct LuaValue : IEquatable<LuaValue>
{
    internal const long NilTag = -1;
    internal const long FalseTag = -2;
    internal const long TrueTag = -3;
    internal const long LightUserdataTag = -4;
    internal const long StringTag = -5;
    internal const long TableTag = -6;
    internal const long FunctionTag = -7;
    internal const long UserdataTag = -8;
    internal const long ThreadTag = -9;

    /// <summary>Words at or above this, unsigned, are tags.</summary>
    internal const ulong LowestTag = unchecked((ulong)-16L);

    internal const long CanonicalNaN = unchecked((long)0xFFF8_0000_0000_0000);

    internal readonly object? Ref;
    internal readonly long Bits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal LuaValue(long bits, object? reference)
    {
        Bits = bits;
        Ref = reference;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LuaValue(double number)
    {
        var bits = BitConverter.DoubleToInt64Bits(number);
        Bits = (ulong)bits < LowestTag ? bits : CanonicalNaN;
        Ref = null;
    }

    public static LuaValue Nil => new(NilTag, null);
    public static LuaValue False => new(FalseTag, null);
    public static LuaValue True => new(TrueTag, null);

    /// <summary>An opaque host object, equal to itself only; it has no metatable of its own.</summary>
    public static LuaValue LightUserdata(object token) => new(LightUserdataTag, token);

    public static implicit operator LuaValue(double number) => new(number);
    public static implicit operator LuaValue(bool value) => new(value ? TrueTag : FalseTag, null);

    /// <summary>A null reference becomes nil, here and in the conversions below.</summary>
    public static implicit operator LuaValue(ByteString? value) => value is null ? Nil : new(StringTag, value);

    public static implicit operator LuaValue(LuaTable? value) => value is null ? Nil : new(TableTag, value);
    public static implicit operator LuaValue(LuaFunction? value) => value is null ? Nil : new(FunctionTag, value);
    public static implicit operator LuaValue(LuaUserdata? value) => value is null ? Nil : new(UserdataTag, value);
    public static implicit operator LuaValue(LuaThread? value) => value is null ? Nil : new(ThreadTag, value);

    /// <summary>The bytes of the text in UTF-8.</summary>
    public static LuaValue FromText(string text) => ByteString.FromUtf8(text);

    public LuaType Type => (ulong)Bits < LowestTag ? LuaType.Number : TypeOfTag(Bits);

    public bool IsNil => Bits == NilTag;
    public bool IsBoolean => Bits is FalseTag or TrueTag;
    public bool IsNumber => (ulong)Bits < LowestTag;
    public bool IsString => Bits == StringTag;
    public bool IsTable => Bits == TableTag;
    public bool IsFunction => Bits == FunctionTag;
    public bool IsUserdata => Bits == UserdataTag;
    public bool IsLightUserdata => Bits == LightUserdataTag;
    public bool IsThread => Bits == ThreadTag;

    /// <summary>Whether the reference is part of the value; that of nil, a boolean or a number may be a stale one.</summary>
    internal bool IsReference => (ulong)(Bits - ThreadTag) <= LightUserdataTag - ThreadTag;

    internal bool IsLuaFunction => Bits == FunctionTag && Ref!.GetType() == typeof(LuaClosure);

    /// <summary>Everything but nil and false.</summary>
    public bool IsTruthy => (ulong)Bits < unchecked((ulong)FalseTag);

    // Unchecked views: test the type first.
    public double AsNumber => BitConverter.Int64BitsToDouble(Bits);
    public bool AsBoolean => Bits == TrueTag;
    public ByteString AsString { get { Debug.Assert(Bits == StringTag); return Unsafe.As<ByteString>(Ref!); } }
    public LuaTable AsTable { get { Debug.Assert(Bits == TableTag); return Unsafe.As<LuaTable>(Ref!); } }
    public LuaFunction AsFunction { get { Debug.Assert(Bits == FunctionTag); return Unsafe.As<LuaFunction>(Ref!); } }
    public LuaUserdata AsUserdata { get { Debug.Assert(Bits == UserdataTag); return Unsafe.As<LuaUserdata>(Ref!); } }
    public LuaThread AsThread { get { Debug.Assert(Bits == ThreadTag); return Unsafe.As<LuaThread>(Ref!); } }
    public object AsLightUserdata { get { Debug.Assert(Bits == LightUserdataTag); return Ref!; } }

    /// <summary>Lua's primitive equality (rawequal): NaN differs from itself, 0 equals -0, strings by content, the rest by identity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool RawEquals(in LuaValue a, in LuaValue b)
    {
        if ((ulong)a.Bits < LowestTag) return (ulong)b.Bits < LowestTag && a.AsNumber == b.AsNumber;
        if (a.Bits != b.Bits) return false;
        if (a.Bits >= TrueTag || ReferenceEquals(a.Ref, b.Ref)) return true;
        return a.Bits == StringTag && Unsafe.As<ByteString>(a.Ref!).Equals(Unsafe.As<ByteString>(b.Ref!));
    }

    /// <summary>As <see cref="RawEquals"/>, but a NaN equals itself, as .NET's collections demand.</summary>
    public bool Equals(LuaValue other) => RawEquals(this, other) || (IsNumber && Bits == other.Bits);

    public override bool Equals(object? obj) => obj is LuaValue other && Equals(other);

    public override int GetHashCode() =>
        IsNumber ? AsNumber.GetHashCode()
        : IsString ? AsString.Hash
        : !IsReference ? Bits.GetHashCode()
        : RuntimeHelpers.GetHashCode(Ref!);

    public static bool operator ==(LuaValue left, LuaValue right) => left.Equals(right);

    public static bool operator !=(LuaValue left, LuaValue right) => !left.Equals(right);

    /// <summary>For debuggers and test output; Lua's own tostring is <see cref="LuaCall.ToStringMeta"/>.</summary>
    public override string ToString() => Type switch
    {
        LuaType.Nil => "nil",
        LuaType.Boolean => AsBoolean ? "true" : "false",
        LuaType.Number => AsNumber.ToString(System.Globalization.CultureInfo.InvariantCulture),
        LuaType.String => AsString.ToString(),
        _ => Type.Name(),
    };

    /// <summary>Overwrites a slot by a number without touching its reference: 8 bytes, no write barrier. The stale reference is dropped by the next full store, or when marking passes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void WriteNumber(ref LuaValue slot, double number) =>
        Unsafe.As<long, double>(ref Unsafe.AsRef(in slot.Bits)) = number;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void WriteBits(ref LuaValue slot, long bits) => Unsafe.AsRef(in slot.Bits) = bits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void DropReference(ref LuaValue slot) => Unsafe.AsRef(in slot.Ref) = null;

    /// <summary>
    /// A slot's value by its two words. A copy of all 16 bytes at once would wait for the stores that wrote the words one by one.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static LuaValue Read(ref readonly LuaValue slot) => new(slot.Bits, slot.Ref);

    /// <summary>
    /// A copy into a register: the reference is written only when it is part of the value and another than the one that lies there, often a stale
    /// one of the same object. So most copies pay no write barrier.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Copy(ref LuaValue target, ref readonly LuaValue source)
    {
        var bits = source.Bits;
        if ((ulong)(bits - ThreadTag) <= LightUserdataTag - ThreadTag)
        {
            var reference = source.Ref;
            if (!ReferenceEquals(target.Ref, reference)) Unsafe.AsRef(in target.Ref) = reference;
        }
        Unsafe.AsRef(in target.Bits) = bits;
    }

    /// <summary>A store that keeps nothing stale: into tables, upvalues and whatever lives long. A number still costs no write barrier.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Store(ref LuaValue target, ref readonly LuaValue source)
    {
        var bits = source.Bits;
        if (!source.IsReference)
        {
            Unsafe.AsRef(in target.Bits) = bits;
            Unsafe.AsRef(in target.Ref) = null;
        }
        else
        {
            target = source;
        }
    }

    static LuaType TypeOfTag(long tag) => tag switch
    {
        NilTag => LuaType.Nil,
        FalseTag or TrueTag => LuaType.Boolean,
        LightUserdataTag => LuaType.LightUserdata,
        StringTag => LuaType.String,
        TableTag => LuaType.Table,
        FunctionTag => LuaType.Function,
        UserdataTag => LuaType.Userdata,
        _ => LuaType.Thread,
    };
}
