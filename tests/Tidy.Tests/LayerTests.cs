// The import rules of the design: projects by number, and inside the server and the engine by folder.
using System.Text.RegularExpressions;

namespace Tidy.Tests;

public sealed partial class LayerTests
{
    // A project imports only projects with a lower number, and of those only what its line names.
    private static readonly Dictionary<string, (int Layer, string[] Imports)> Projects = new()
    {
        ["Evalsha.Lua"] = (0, []),
        ["Evalsha.Resp"] = (0, []),
        ["Evalsha.Server"] = (1, ["Evalsha.Lua", "Evalsha.Resp"]),
        ["Evalsha.Client"] = (1, ["Evalsha.Resp"]),
        ["Referee"] = (2, ["Evalsha.Client"]),
        ["Evalsha.Cli"] = (3, ["Evalsha.Server", "Evalsha.Client"]),
        ["Referee.Hosting"] = (3, ["Referee", "Evalsha.Server"]),
        ["Referee.Web"] = (4, ["Referee.Hosting"]),
        ["Referee.Cli"] = (5, ["Referee.Web"]),
    };

    // What a shipped project may bring along. A new line here is a decision, not a convenience.
    private static readonly string[] ShippedPackages = ["System.CommandLine", "Spectre.Console", "YamlDotNet", "Markdig"];

    // Inside the server each folder may use what stands left of it; RedisServer.cs names every part.
    private static readonly string[] ServerFolders = ["Keyspace", "Dispatch", "Sessions", "Scripting|Persistence|Cluster", "Commands"];

    [Fact]
    public void Every_project_is_in_the_table_and_imports_only_what_its_line_names()
    {
        var seen = Repository.Files.Where(file => file.StartsWith("src/", StringComparison.Ordinal) && file.EndsWith(".csproj", StringComparison.Ordinal)).ToList();
        seen.Count.ShouldBe(Projects.Count);
        foreach (var file in seen)
        {
            var name = Path.GetFileNameWithoutExtension(file);
            Projects.ShouldContainKey(name);
            var (layer, allowed) = Projects[name];
            foreach (Match reference in ProjectReference().Matches(Repository.Read(file)))
            {
                var target = reference.Groups[1].Value;
                allowed.ShouldContain(target, $"{name} imports {target}");
                Projects[target].Layer.ShouldBeLessThan(layer, $"{name} imports {target}");
            }
        }
    }

    [Fact]
    public void Nothing_named_Evalsha_knows_Referee()
    {
        Repository.Sources("src/Evalsha").Where(file => Repository.Read(file).Contains("Referee", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public void Shipped_projects_bring_only_packages_of_the_short_list()
    {
        foreach (var file in Repository.Files.Where(file => file.StartsWith("src/", StringComparison.Ordinal) && file.EndsWith(".csproj", StringComparison.Ordinal)))
        {
            foreach (Match package in PackageReference().Matches(Repository.Read(file)))
            {
                ShippedPackages.ShouldContain(package.Groups[1].Value, file);
            }
        }
    }

    [Fact]
    public void Only_a_projects_own_tests_and_benches_see_its_internals()
    {
        Repository.Sources("src/").Where(file => Repository.Read(file).Contains("InternalsVisibleTo(", StringComparison.Ordinal)).ShouldBeEmpty();
        Repository.Files.Where(file => file.EndsWith(".csproj", StringComparison.Ordinal) && Repository.Read(file).Contains("InternalsVisibleTo", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public void The_servers_folders_import_only_to_the_left()
    {
        for (var right = 0; right < ServerFolders.Length; right++)
        {
            foreach (var folder in ServerFolders[right].Split('|'))
            {
                foreach (var file in Repository.Sources($"src/Evalsha.Server/{folder}/"))
                {
                    foreach (Match import in ServerImport().Matches(Repository.Read(file)))
                    {
                        var target = Array.FindIndex(ServerFolders, names => names.Split('|').Contains(import.Groups[1].Value));
                        (target < right || folder == import.Groups[1].Value).ShouldBeTrue($"{file} imports Evalsha.Server.{import.Groups[1].Value}");
                    }
                }
            }
        }
    }

    [Fact]
    public void Lua_syntax_uses_nothing_of_the_runtime()
    {
        Repository.Sources("src/Evalsha.Lua/Syntax/")
            .Where(file => Repository.Read(file) is var text && (text.Contains("Evalsha.Lua.Runtime", StringComparison.Ordinal) || text.Contains("Evalsha.Lua.Bytecode", StringComparison.Ordinal)))
            .ShouldBeEmpty();
    }

    [GeneratedRegex("<ProjectReference Include=\"[^\"]*/([^/\"]+)\\.csproj\"")]
    private static partial Regex ProjectReference();

    [GeneratedRegex("<PackageReference Include=\"([^\"]+)\"")]
    private static partial Regex PackageReference();

    [GeneratedRegex(@"(?:using |\b)Evalsha\.Server\.(Keyspace|Dispatch|Sessions|Scripting|Persistence|Cluster|Commands)\b")]
    private static partial Regex ServerImport();
}
