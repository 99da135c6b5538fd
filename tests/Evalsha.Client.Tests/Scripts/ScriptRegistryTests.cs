// Names and definitions, at run time and from files.
using Evalsha.Client.Scripts;

namespace Evalsha.Client.Tests.Scripts;

public sealed class ScriptRegistryTests
{
    private readonly ScriptRegistry _registry = new();

    [Fact]
    public void The_digest_is_the_servers() => _registry.Define("one", 0, "return 1").Sha1.ShouldBe("e0e1f9fabfc9d4800c877a703b823ac0578ff8db");

    [Fact]
    public void A_name_means_one_script_until_it_is_redefined()
    {
        var one = _registry.Define("s", 0, "return 1");
        _registry.Define("s", 0, "return 1").ShouldBeSameAs(one);
        Should.Throw<InvalidOperationException>(() => _registry.Define("s", 0, "return 2"));
        var two = _registry.Redefine("s", 1, "return 2");
        _registry["s"].ShouldBeSameAs(two);
        _registry.All.ShouldBe([two]);
        _registry.TryGet("t", out _).ShouldBeFalse();
        Should.Throw<KeyNotFoundException>(() => _registry["t"]).Message.ShouldContain("'t'");
    }

    [Fact]
    public void A_watched_file_is_read_again_when_it_has_changed()
    {
        var folder = Directory.CreateTempSubdirectory("scripts-").FullName;
        var path = Path.Combine(folder, "take.lua");
        File.WriteAllText(path, "return 1");
        var before = _registry.DefineFile(path, keyCount: 0, watch: true);
        before.Name.ShouldBe("take");
        File.WriteAllText(path, "return 2");
        File.SetLastWriteTimeUtc(path, File.GetLastWriteTimeUtc(path).AddSeconds(1));
        _registry["take"].Source.ToArray().ShouldBe("return 2"u8.ToArray());
        _registry.Current(before).Sha1.ShouldBe(_registry["take"].Sha1);
        File.Delete(path);
        _registry["take"].Source.ToArray().ShouldBe("return 2"u8.ToArray());
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_file_that_is_not_watched_stays_as_it_was_read()
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, "return 1");
        _registry.DefineFile(path, name: "fixed");
        File.WriteAllText(path, "return 2");
        File.SetLastWriteTimeUtc(path, File.GetLastWriteTimeUtc(path).AddSeconds(1));
        _registry["fixed"].Source.ToArray().ShouldBe("return 1"u8.ToArray());
        File.Delete(path);
    }
}
