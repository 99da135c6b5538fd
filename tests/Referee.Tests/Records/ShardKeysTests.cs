// Keys and names: one tag per shard, nothing that needs escaping.
using Referee.Records;

namespace Referee.Tests.Records;

public sealed class ShardKeysTests
{
    [Fact]
    public void All_keys_of_a_shard_share_one_hash_tag_and_differ()
    {
        var keys = new ShardKeys("shop", 3);

        keys.All.ShouldAllBe(key => key.StartsWith("ref:{shop.3}:", StringComparison.Ordinal));
        keys.All.Distinct().Count().ShouldBe(12);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a}b")]
    [InlineData("a:b")]
    [InlineData("a\nb")]
    [InlineData("ä")]
    public void What_would_break_a_key_or_a_frame_is_no_name(string text)
    {
        Names.IsName(text).ShouldBeFalse();
        Should.Throw<ArgumentException>(() => new ShardKeys(text, 0));
    }

    [Fact]
    public void A_name_has_at_most_64_characters_and_a_workflow_is_not_named_like_a_digest()
    {
        Names.IsName(new string('a', 64)).ShouldBeTrue();
        Names.IsName(new string('a', 65)).ShouldBeFalse();
        Names.IsName(null).ShouldBeFalse();
        Names.IsWorkflowName(new string('a', 40)).ShouldBeFalse();
        Names.IsWorkflowName(new string('g', 40)).ShouldBeTrue();
    }

    [Fact]
    public void An_item_stays_in_its_shard_and_items_spread()
    {
        Enumerable.Range(0, 1000).Select(i => ShardKeys.ShardOf($"item-{i}", 8)).Distinct().Count().ShouldBe(8);
        ShardKeys.ShardOf("item-1", 8).ShouldBe(ShardKeys.ShardOf("item-1", 8));
        ShardKeys.ShardOf("anything", 1).ShouldBe(0);
    }

    [Fact]
    public void Stage_numbers_are_given_once_and_survive_storing()
    {
        var stages = new StageNumbers(["ready", "review", "complete"]);

        StageNumbers.Parse(stages.ToString()).Names.ShouldBe(stages.Names);
        (stages["review"], stages["nowhere"]).ShouldBe((1, -1));
        stages.NameOf(9).ShouldBe("#9");
        Should.Throw<ArgumentException>(() => new StageNumbers(["a", "a"]));
        Should.Throw<ArgumentException>(() => new StageNumbers(Enumerable.Range(0, 64).Select(i => $"s{i}")));
    }
}
