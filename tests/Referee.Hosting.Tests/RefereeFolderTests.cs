// Who may open the store now, and how the others find whoever has it.
namespace Referee.Hosting.Tests;

public sealed class RefereeFolderTests : IDisposable
{
    private readonly string _parent = Directory.CreateTempSubdirectory("folder-").FullName;

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    [Fact]
    public void It_is_found_from_any_folder_below_and_only_from_there()
    {
        RefereeFolder.Find(_parent, TimeProvider.System).ShouldBeNull();
        var made = RefereeFolder.Create(_parent, TimeProvider.System);
        var below = Directory.CreateDirectory(Path.Combine(_parent, "a", "b")).FullName;
        RefereeFolder.Find(below, TimeProvider.System)!.Path.ShouldBe(made.Path);
    }

    [Fact]
    public async Task A_second_process_waits_until_the_first_gives_the_lock_back()
    {
        var folder = RefereeFolder.Create(_parent, TimeProvider.System);
        var (_, first) = await folder.EnterAsync(TimeSpan.Zero, CancellationToken.None);
        var second = folder.EnterAsync(TimeSpan.FromSeconds(30), CancellationToken.None);
        second.IsCompleted.ShouldBeFalse();
        first!.Dispose();
        var (gateway, held) = await second;
        gateway.ShouldBeNull();
        held.ShouldNotBeNull().Dispose();
    }

    [Fact]
    public async Task While_a_gateway_runs_the_others_are_sent_to_it()
    {
        var folder = RefereeFolder.Create(_parent, TimeProvider.System);
        var (_, mine) = await folder.EnterAsync(TimeSpan.Zero, CancellationToken.None);
        var address = new GatewayAddress(new Uri("http://127.0.0.1:4711/"), 1, "main");
        folder.Announce(address);
        (await folder.EnterAsync(TimeSpan.Zero, CancellationToken.None)).ShouldBe((address, null));
        mine!.Dispose();
    }

    [Fact]
    public async Task An_address_left_behind_by_a_killed_gateway_is_not_believed()
    {
        var folder = RefereeFolder.Create(_parent, TimeProvider.System);
        folder.Announce(new GatewayAddress(new Uri("http://127.0.0.1:4711/"), 1, "main"));
        var (gateway, held) = await folder.EnterAsync(TimeSpan.Zero, CancellationToken.None);
        gateway.ShouldBeNull();
        held.ShouldNotBeNull().Dispose();
    }

    [Fact]
    public async Task A_folder_in_use_by_something_that_never_listens_is_an_error_that_names_it()
    {
        var folder = RefereeFolder.Create(_parent, TimeProvider.System);
        using var held = folder.TryLock();
        var error = await Should.ThrowAsync<TimeoutException>(() => folder.EnterAsync(TimeSpan.Zero, CancellationToken.None));
        error.Message.ShouldContain(folder.Path);
    }

    [Fact]
    public void A_token_is_kept_for_its_owner_alone()
    {
        var folder = RefereeFolder.Create(_parent, TimeProvider.System);
        folder.ReadToken("main").ShouldBeNull();
        folder.WriteToken("main", "secret");
        folder.WriteToken("other", "another");
        folder.ReadToken("main").ShouldBe("secret");
        folder.ReadToken("other").ShouldBe("another");
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(folder.TokenPath("main")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }
}
