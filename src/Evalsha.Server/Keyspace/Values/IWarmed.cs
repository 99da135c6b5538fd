// A collection that can be asked ahead of time to bring some elements near: see Sessions/RequestWindow.cs. Changes nothing that anybody can see.
namespace Evalsha.Server.Keyspace.Values;

internal interface IWarmed
{
    int Count { get; }

    /// <inheritdoc cref="DenseTable{TValue}.Warm"/>
    long Warm(ReadOnlySpan<int> hashes);
}
