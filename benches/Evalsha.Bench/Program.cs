// Runs benchmarks: `dotnet run -c Release --project benches/Evalsha.Bench -- --filter '*FramerBench*'`.
using BenchmarkDotNet.Running;

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
