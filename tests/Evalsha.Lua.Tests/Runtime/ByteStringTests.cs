// Byte strings as keys: equality, order and both hashes; and the value that carries them.
using System.Runtime.CompilerServices;
using FsCheck;
using FsCheck.Fluent;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Tests.Runtime;

public class ByteStringTests
{
    [Fact]
    public void Equality_and_order_are_those_of_the_bytes()
    {
        Prop.ForAll(
                ArbMap.Default.ArbFor<(byte[], byte[])>(),
                pair =>
                {
                    ByteString a = ByteString.From(pair.Item1), b = ByteString.From(pair.Item2);
                    return a.Equals(b) == pair.Item1.AsSpan().SequenceEqual(pair.Item2)
                        && Math.Sign(a.CompareTo(b)) == Math.Sign(pair.Item1.AsSpan().SequenceCompareTo(pair.Item2))
                        && a.Equals(ByteString.Own([.. pair.Item1])) && a.Hash == ByteString.HashOf(pair.Item1);
                })
            .QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("a", 1 ^ ((1 << 5) + (1 >> 2) + 'a'))]
    public void The_hash_is_PUCs(string text, int expected)
    {
        ByteString.FromUtf8(text).Hash.ShouldBe(expected);
    }

    [Fact]
    public void A_dictionary_finds_a_key_by_its_bytes_whatever_its_length()
    {
        var dictionary = new Dictionary<ByteString, int>(new ByteStringComparer(42));
        var bytes = new byte[100];
        new Random(1).NextBytes(bytes);
        for (var length = 0; length <= bytes.Length; length++) dictionary[ByteString.From(bytes.AsSpan(0, length))] = length;
        var lookup = dictionary.GetAlternateLookup<ReadOnlySpan<byte>>();
        for (var length = 0; length <= bytes.Length; length++) lookup[bytes.AsSpan(0, length)].ShouldBe(length);
        dictionary.Count.ShouldBe(bytes.Length + 1);
    }

    [Fact]
    public void The_pool_gives_the_same_object_for_the_same_short_bytes()
    {
        var pool = new StringPool();
        pool.Get("field"u8).ShouldBeSameAs(pool.Get("field"u8));
        pool.Get("__index").ShouldBeSameAs(pool.Get("__index"u8));
        var many = Enumerable.Range(0, 20_000).Select(i => pool.Get($"k{i}")).ToArray();
        for (var i = 0; i < many.Length; i++) many[i].ToString().ShouldBe($"k{i}");
    }

    [Fact]
    public void A_value_is_sixteen_bytes_and_any_double_stays_a_number()
    {
        Unsafe.SizeOf<LuaValue>().ShouldBe(16);
        default(LuaValue).IsNumber.ShouldBeTrue();
        Prop.ForAll(
                ArbMap.Default.ArbFor<long>(),
                bits =>
                {
                    // Among the bits are NaNs that look like tags.
                    LuaValue value = BitConverter.Int64BitsToDouble(bits);
                    LuaValue high = BitConverter.Int64BitsToDouble(-1 - (bits & 15));
                    return value.IsNumber && high.IsNumber && double.IsNaN(high.AsNumber) && value.Type == LuaType.Number;
                })
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Types_are_told_apart_and_truth_is_all_but_nil_and_false()
    {
        LuaValue[] values = [LuaValue.Nil, false, true, LuaValue.LightUserdata(this), 0.0, ByteString.Empty, new LuaTable(), new LuaUserdata(null)];
        values.Select(v => v.Type).ShouldBe(
            [LuaType.Nil, LuaType.Boolean, LuaType.Boolean, LuaType.LightUserdata, LuaType.Number, LuaType.String, LuaType.Table, LuaType.Userdata]);
        values.Select(v => v.IsTruthy).ShouldBe([false, false, true, true, true, true, true, true]);
        for (var i = 0; i < values.Length; i++)
        {
            for (var j = 0; j < values.Length; j++) LuaValue.RawEquals(values[i], values[j]).ShouldBe(i == j);
        }
    }
}
