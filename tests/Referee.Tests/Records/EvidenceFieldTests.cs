// Evidence slots: five kinds of scalar stay different, what is written is read back, hostile bytes do no harm.
using FsCheck;
using FsCheck.Fluent;
using Referee.Records;

namespace Referee.Tests.Records;

public sealed class EvidenceFieldTests
{
    private static readonly Gen<Scalar> AnyScalar = Gen.OneOf(
        Gen.Constant(Scalar.Missing),
        Gen.Constant(Scalar.Null),
        Gen.Elements(true, false).Select(Scalar.Of),
        Gen.OneOf(Gen.Choose(-100_000, 100_000).Select(value => (double)value), Gen.Choose(1, 9999).Select(value => value / 7.0), Gen.Elements(1e300, -0.1, 1.5, 9007199254740992)).Select(Scalar.Of),
        Gen.OneOf(WorkItemRecordTests.AnyName, Gen.Constant(""), Gen.Constant("false"), Gen.Constant("ä € 😀\n\0")).Select(Scalar.Of));

    private static readonly Gen<EvidenceSlot?> AnySlot =
        from mark in Gen.Elements('s', 'n', 'b', 'z', 'r')
        from value in AnyScalar.Where(scalar => scalar.Kind != ScalarKind.Missing)
        from issuer in WorkItemRecordTests.AnyName
        from roles in WorkItemRecordTests.AnyName.ListOf()
        from tier in Gen.Choose(1, 4)
        from at in WorkItemRecordTests.AnyLong
        from fields in AnyScalar.ListOf()
        from there in Gen.Elements(true, true, false)
        select there
            ? new EvidenceSlot
            {
                Mark = mark, Value = value, Issuer = issuer, Roles = [.. roles], Tier = (Tier)tier, Subject = issuer, At = at, Fields = [.. fields.Take(32)],
            }
            : null;

    [Fact]
    public void What_is_written_is_read_back() => Prop.ForAll(AnySlot.ListOf().Select(slots => slots.Take(64).ToArray()).ToArbitrary(), slots =>
    {
        EvidenceField.TryRead(EvidenceField.Write(slots), out var read).ShouldBeTrue();
        read.Count.ShouldBe(slots.Length);
        for (var i = 0; i < slots.Length; i++)
        {
            read[i].ShouldBe(slots[i]);
            read[i]?.Fields.ShouldBe(slots[i]!.Fields);
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Hostile_bytes_are_refused_or_read_but_never_an_exception() => Prop.ForAll<byte[], int, byte>((bytes, at, value) =>
    {
        EvidenceField.TryRead(bytes, out _);
        EvidenceSlot.TryRead(bytes, out _);
        var good = EvidenceField.Write([new EvidenceSlot { Mark = 'r', Issuer = "ci", Fields = [Scalar.Of("x"), Scalar.Of(1.25)] }]);
        good[(int)((uint)at % good.Length)] = value;
        EvidenceField.TryRead(good, out _);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_declared_length_beyond_the_bytes_allocates_nothing_and_is_refused()
    {
        EvidenceField.TryRead([0xdb, 0xff, 0xff, 0xff, 0xff, 0x61], out _).ShouldBeFalse();
        EvidenceField.TryRead([0xdb, 0x7f, 0xff, 0xff, 0xff], out _).ShouldBeFalse();
    }

    [Fact]
    public void False_as_text_zero_null_missing_and_false_are_five_different_things()
    {
        Scalar[] all = [Scalar.Of("false"), Scalar.Of(0), Scalar.Null, Scalar.Missing, Scalar.Of(false)];
        var slot = new EvidenceSlot { Mark = 'r', Issuer = "ci", Fields = all };

        EvidenceSlot.TryRead(slot.ToBytes(), out var read).ShouldBeTrue();

        read.Fields.ShouldBe(all);
        read.Fields.Distinct().Count().ShouldBe(5);
    }

    [Fact]
    public void Kinds_and_fields_lie_in_ordinal_order_whatever_the_document_says()
    {
        var schema = new EvidenceSchema(
            [new EvidenceKind("b", EvidenceType.Text), new EvidenceKind("B", EvidenceType.Record, [new("z", EvidenceType.Number, false), new("a", EvidenceType.Text, true)])]);

        schema.Kinds.Select(kind => kind.Name).ShouldBe(["B", "b"]);
        schema.Kinds[0].Fields.Select(field => field.Name).ShouldBe(["a", "z"]);
        (schema.SlotOf("b"), schema.SlotOf("none")).ShouldBe((1, -1));
    }
}
