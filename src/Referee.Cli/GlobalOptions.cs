// The options every verb has: which door to take, who is calling, and whether the answer is for a program.
using System.CommandLine;
using Referee.Cli.Doors;
using Referee.Hosting;

namespace Referee.Cli;

internal sealed class GlobalOptions
{
    public Option<bool> Json { get; } = new("--json") { Description = "Print the answer as JSON", Recursive = true };

    public Option<string?> Redis { get; } = new("--redis") { Description = "Use the store at this redis:// address, in trusted mode: who calls is said, not proved", Recursive = true, HelpName = "URL" };

    public Option<string?> As { get; } = new("--as") { Description = "In trusted mode, who is calling (default: the user of the operating system)", Recursive = true, HelpName = "NAME" };

    public Option<string?> Token { get; } = new("--token") { Description = $"The caller's token (default: {DoorKeeper.TokenVariable}, else the folder's operator)", Recursive = true };

    public Option<string?> Project { get; } = new("--project") { Description = $"The project, a namespace of its own (default: the running gateway's, else {RefereeStoreOptions.ProjectUsual})", Recursive = true, HelpName = "NAME" };

    public void AddTo(Command root)
    {
        foreach (var option in (Option[])[Json, Redis, As, Token, Project])
        {
            root.Options.Add(option);
        }
    }

    public DoorOptions Door(ParseResult parsed) => new()
    {
        Redis = parsed.GetValue(Redis),
        As = parsed.GetValue(As),
        Token = parsed.GetValue(Token),
        Project = parsed.GetValue(Project),
    };
}
