// A prototype as text, in the form of "luac -l -l": for people who look at what was compiled, and for the test that compares with luac itself.
using System.Globalization;
using System.Text;
using Evalsha.Lua.Runtime;
using Evalsha.Lua.Syntax;

namespace Evalsha.Lua.Bytecode;

public static class Listing
{
    private static readonly string[] Names = [.. Enum.GetNames<OpCode>().Select(name => name.ToUpperInvariant())];

    /// <summary>The function and, after it, its children.</summary>
    /// <param name="full">With constants, locals and upvalues.</param>
    public static string Of(Prototype prototype, bool full)
    {
        var text = new StringBuilder();
        Append(text, prototype, full);
        return text.ToString();
    }

    private static void Append(StringBuilder text, Prototype f, bool full)
    {
        var source = f.Source.Span is [(byte)'@' or (byte)'=', ..] ? f.Source.ToString()[1..] : "(string)";
        text.Append(CultureInfo.InvariantCulture, $"\n{(f.LineDefined == 0 ? "main" : "function")} <{source}:{f.LineDefined},{f.LastLineDefined}> ({Count(f.Code.Length, "instruction")})\n");
        text.Append(CultureInfo.InvariantCulture, $"{f.ParameterCount}{((f.Vararg & VarargFlags.IsVararg) != 0 ? "+" : "")} param{S(f.ParameterCount)}, {Count(f.MaxStackSize, "slot")}, {Count(f.UpvalueCount, "upvalue")}, ");
        text.Append(CultureInfo.InvariantCulture, $"{Count(f.LocalVariables.Length, "local")}, {Count(f.Constants.Length, "constant")}, {Count(f.Children.Length, "function")}\n");
        for (var pc = 0; pc < f.Code.Length; pc++) AppendInstruction(text, f, ref pc);
        if (full) AppendTables(text, f);
        foreach (var child in f.Children) Append(text, child, full);
    }

    private static void AppendInstruction(StringBuilder text, Prototype f, ref int pc)
    {
        var i = f.Code[pc];
        text.Append(CultureInfo.InvariantCulture, $"\t{pc + 1}\t[{f.Lines[pc]}]\t{Names[(int)i.OpCode],-9}\t");
        var mode = OpModes.Of(i.OpCode);
        switch (mode.Layout)
        {
            case OperandLayout.ABC:
                text.Append(i.A);
                if (mode.B != OperandKind.None) text.Append(' ').Append(Operand(i.B));
                if (mode.C != OperandKind.None) text.Append(' ').Append(Operand(i.C));
                break;
            case OperandLayout.ABx:
                text.Append(i.A).Append(' ').Append(mode.B == OperandKind.Constant ? -1 - i.Bx : i.Bx);
                break;
            case OperandLayout.AsBx when i.OpCode == OpCode.Jmp:
                text.Append(i.SBx);
                break;
            default:
                text.Append(i.A).Append(' ').Append(i.SBx);
                break;
        }
        AppendRemark(text, f, i, ref pc);
        text.Append('\n');
    }

    private static void AppendRemark(StringBuilder text, Prototype f, Instruction i, ref int pc)
    {
        switch (i.OpCode)
        {
            case OpCode.LoadK or OpCode.GetGlobal or OpCode.SetGlobal:
                text.Append("\t; ").Append(i.OpCode == OpCode.LoadK ? Constant(f.Constants[i.Bx]) : f.Constants[i.Bx].AsString.ToString());
                break;
            case OpCode.GetUpval or OpCode.SetUpval:
                text.Append("\t; ").Append(f.UpvalueNames[i.B]);
                break;
            case OpCode.GetTable or OpCode.Self when Instruction.IsConstant(i.C):
                text.Append("\t; ").Append(RemarkOf(f, i.C));
                break;
            case OpCode.SetTable or OpCode.Add or OpCode.Sub or OpCode.Mul or OpCode.Div or OpCode.Pow or OpCode.Eq or OpCode.Lt or OpCode.Le
                when Instruction.IsConstant(i.B) || Instruction.IsConstant(i.C):
                text.Append("\t; ").Append(RemarkOf(f, i.B)).Append(' ').Append(RemarkOf(f, i.C));
                break;
            case OpCode.Jmp or OpCode.ForLoop or OpCode.ForPrep:
                text.Append("\t; to ").Append(i.SBx + pc + 2);
                break;
            case OpCode.SetList:
                text.Append("\t; ").Append(i.C == 0 ? (int)f.Code[++pc].Word : i.C); // the count may be the next word
                break;
        }
    }

    private static void AppendTables(StringBuilder text, Prototype f)
    {
        text.Append(CultureInfo.InvariantCulture, $"constants ({f.Constants.Length}):\n");
        for (var i = 0; i < f.Constants.Length; i++) text.Append('\t').Append(i + 1).Append('\t').Append(Constant(f.Constants[i])).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"locals ({f.LocalVariables.Length}):\n");
        for (var i = 0; i < f.LocalVariables.Length; i++)
        {
            var local = f.LocalVariables[i];
            text.Append(CultureInfo.InvariantCulture, $"\t{i}\t{local.Name}\t{local.StartPc + 1}\t{local.EndPc + 1}\n");
        }
        text.Append(CultureInfo.InvariantCulture, $"upvalues ({f.UpvalueCount}):\n");
        for (var i = 0; i < f.UpvalueCount; i++) text.Append('\t').Append(i).Append('\t').Append(f.UpvalueNames[i]).Append('\n');
    }

    private static string Operand(int rk) => (Instruction.IsConstant(rk) ? -1 - Instruction.ConstantIndex(rk) : rk).ToString(CultureInfo.InvariantCulture);

    private static string RemarkOf(Prototype f, int rk) => Instruction.IsConstant(rk) ? Constant(f.Constants[Instruction.ConstantIndex(rk)]) : "-";

    private static string Constant(in LuaValue value) => value.Type switch
    {
        LuaType.Nil => "nil",
        LuaType.Boolean => value.AsBoolean ? "true" : "false",
        LuaType.Number => LuaNumber.ToText(value.AsNumber),
        _ => Quote(value.AsString),
    };

    private static string Quote(ByteString text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text.Span)
        {
            quoted.Append((char)c switch
            {
                '"' => "\\\"",
                '\\' => @"\\",
                '\a' => "\\a",
                '\b' => "\\b",
                '\f' => "\\f",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\v' => "\\v",
                >= ' ' and <= '~' => ((char)c).ToString(),
                _ => $"\\{c:D3}",
            });
        }
        return quoted.Append('"').ToString();
    }

    private static string Count(int n, string noun) => $"{n} {noun}{S(n)}";

    private static string S(int n) => n == 1 ? "" : "s";
}
