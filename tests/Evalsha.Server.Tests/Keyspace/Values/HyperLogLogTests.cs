// Runs and registers of an estimate say the same, whatever was seen and in which order. Its bytes are compared with Redis's in hyperloglog.resp.
using System.Globalization;
using System.Text;
using Evalsha.Server.Keyspace.Values;
using FsCheck;
using FsCheck.Fluent;

namespace Evalsha.Server.Tests.Keyspace.Values;

public sealed class HyperLogLogTests
{
    private const int SparseMost = 3000;

    [Fact]
    public void Sparse_and_dense_hold_the_same_registers() => Prop.ForAll<int[]>(static elements =>
    {
        var (sparse, dense) = (HyperLogLog.Create(), HyperLogLog.Create());
        HyperLogLog.TryMakeDense(dense).ShouldBeTrue();
        foreach (var element in elements)
        {
            var text = Encoding.ASCII.GetBytes(element.ToString(CultureInfo.InvariantCulture));
            HyperLogLog.Add(sparse, text, SparseMost).ShouldBe(HyperLogLog.Add(dense, text, SparseMost));
        }

        var (one, other) = (new byte[HyperLogLog.Registers], new byte[HyperLogLog.Registers]);
        HyperLogLog.TryMerge(one, sparse.Span).ShouldBeTrue();
        HyperLogLog.TryMerge(other, dense.Span).ShouldBeTrue();
        one.ShouldBe(other);
        HyperLogLog.TryEstimate(sparse.Span, out var estimate).ShouldBeTrue();
        HyperLogLog.EstimateOf(other).ShouldBe(estimate);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Bytes_that_only_begin_like_one_are_never_read_past() => Prop.ForAll<byte[]>(static tail =>
    {
        byte[] bytes = [.. "HYLL"u8, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, .. tail];
        HyperLogLog.IsOne(bytes).ShouldBeTrue();
        var isWhole = HyperLogLog.TryEstimate(bytes, out _);
        HyperLogLog.TryMerge(new byte[HyperLogLog.Registers], bytes).ShouldBe(isWhole);
        HyperLogLog.Decode(bytes).ShouldNotBeNull();
        HyperLogLog.TryMakeDense(new StringBuffer(bytes)).ShouldBe(isWhole);
        HyperLogLog.Add(new StringBuffer(bytes), "element"u8, SparseMost).ShouldBeInRange(-1, 1);
    }).QuickCheckThrowOnFailure();
}
