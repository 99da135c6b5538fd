// Puts items behind those they depend on. Always: among items that are free to go, the order of the files stays; items in a circle become errors that name it.
namespace Referee.Work.Backlog;

internal static class BacklogOrder
{
    public static IReadOnlyList<BacklogItem> Sort(IReadOnlyList<BacklogItem> items, List<BacklogError> errors)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < items.Count; i++)
        {
            places[items[i].Request.Item] = i;
        }

        var open = new int[items.Count];
        var waiting = new List<int>?[items.Count];
        for (var i = 0; i < items.Count; i++)
        {
            foreach (var other in items[i].Request.DependsOn)
            {
                if (places.TryGetValue(other, out var place))
                {
                    open[i]++;
                    (waiting[place] ??= []).Add(i);
                }
            }
        }

        var free = new PriorityQueue<int, int>();
        for (var i = 0; i < items.Count; i++)
        {
            if (open[i] == 0)
            {
                free.Enqueue(i, i);
            }
        }

        var sorted = new List<BacklogItem>(items.Count);
        while (free.TryDequeue(out var next, out _))
        {
            sorted.Add(items[next]);
            foreach (var child in waiting[next] ?? [])
            {
                if (--open[child] == 0)
                {
                    free.Enqueue(child, child);
                }
            }
        }

        for (var i = 0; i < items.Count; i++)
        {
            if (open[i] > 0)
            {
                var others = items[i].Request.DependsOn.Where(other => places.TryGetValue(other, out var place) && open[place] > 0);
                errors.Add(new BacklogError(items[i].File, items[i].Line, $"waits in a circle, through {string.Join(", ", others)}"));
            }
        }

        return sorted;
    }
}
