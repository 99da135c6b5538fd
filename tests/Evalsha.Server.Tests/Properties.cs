// How this project states a property: for many random inputs, growing to a few hundred elements, the body throws nothing.
// Always: FsCheck prints the seed and the smallest input that failed.
using FsCheck;
using FsCheck.Fluent;

namespace Evalsha.Server.Tests;

internal static class Properties
{
    private const int Runs = 150;
    private const int Largest = 600;

    public static void Hold<T>(Action<T> body) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(Runs).WithEndSize(Largest), Prop.ForAll(ArbMap.Default.ArbFor<T>(), body));
}
