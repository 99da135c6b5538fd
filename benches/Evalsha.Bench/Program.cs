// Runs benchmarks: `dotnet run -c Release --project benches/Evalsha.Bench -- --filter '*FramerBench*'`.
// A few have a runner of their own, because their rival is another program: `-- lua`.
using BenchmarkDotNet.Running;
using Evalsha.Bench.Lua;

if (args is ["lua", .. var rest]) return LoopBench.Run(rest);
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
