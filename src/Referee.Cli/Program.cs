// referee: the command line. The verbs stand in one table, in the order in which --help lists them; each is one file in Verbs/.
using Referee.Cli;

return await RefereeCommand.RunAsync(args, CliEnvironment.OfProcess(), CancellationToken.None);
