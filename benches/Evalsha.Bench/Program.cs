// Runs benchmarks: `dotnet run -c Release --project benches/Evalsha.Bench -- --filter '*FramerBench*'`.
// A few have a runner of their own, because their rival is another program: `-- lua`, `-- server`.
using BenchmarkDotNet.Running;
using Evalsha.Bench.Lua;
using Evalsha.Bench.Server;

if (args is ["fuzz", .. var cases]) return FuzzBench.Run(cases);
if (args is ["lua", .. var rest]) return LoopBench.Run(rest);
if (args is ["server", .. var more]) return ServerBench.Run(more);
if (args is ["lua-micro", .. var options]) args = ["--filter", "*LuaMicroBench*", "--job", "short", "--inProcess", .. options];
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
