// docs/parameters.md, printed from the rows of CONFIG. Never edited by hand; UPDATE_DOCS=1 writes it anew.
using System.Globalization;
using System.Text;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Tests.Commands;

internal static class ParameterDocument
{
    public static string Markdown(ServerConfig config)
    {
        var rows = config.Rows.OrderBy(static row => row.Name, StringComparer.Ordinal).ToList();
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            # The parameters of the embedded server

            Printed from the rows of `CONFIG` (`UPDATE_DOCS=1 ./test Evalsha.Server` writes it anew): {rows.Count} parameters, all of Redis 7.2. **Effective** ones are followed ({rows.Count(static row => !row.IsKept)}). **Kept** ones are checked, kept and answered, and nothing follows from them: they speak of replicas, snapshots, a cluster, an allocator or threads, or name a default that this server needs no other of. `CONFIG SET` changes all of its parameters or none.

            With `maxmemory` reached, writes are refused whatever `maxmemory-policy` says: nothing is evicted.

            | parameter | older name | in a new server | standing | while it runs |
            |---|---|---|---|---|

            """);
        foreach (var row in rows)
        {
            var value = row.Get();
            var alias = row.Alias is { } older ? $"`{older}`" : "";
            var hidden = row.IsHidden ? ", shown only by name" : "";
            text.Append(CultureInfo.InvariantCulture, $"| `{row.Name}` | {alias} | {(value.Length == 0 ? "" : $"`{value}`")} | {(row.IsKept ? "kept" : "effective")}{hidden} | {(row.Set is null ? "fixed" : "can be set")} |\n");
        }

        return text.ToString();
    }
}
