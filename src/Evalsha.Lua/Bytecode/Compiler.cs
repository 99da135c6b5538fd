// Tree to bytecode: the code-making half of PUC's lparser.c, statement by statement in its order, so that registers, constants,
// line information and limits come out the same (CompilerTests compares listings with luac's). Expressions are in Compiler.Expressions.cs.
// Always true: before anything is emitted, _place.Mark is the last token that PUC's single pass would have taken by then.
using System.Text;
using Evalsha.Lua.Runtime;
using Evalsha.Lua.Syntax;

namespace Evalsha.Lua.Bytecode;

/// <summary>Compiles a parsed chunk.</summary>
public sealed partial class Compiler
{
    /// <summary>Positional items of a constructor that are stored by one instruction.</summary>
    public const int FieldsPerFlush = 50;

    internal const int MultipleResults = -1;

    private readonly StringPool _strings;
    private readonly CompilePlace _place;
    private readonly ByteString _source;
    private FunctionBuilder _function;

    private Compiler(Chunk chunk, StringPool strings)
    {
        _strings = strings;
        _place = new CompilePlace(chunk);
        _source = ByteString.From(chunk.ChunkName);
        _function = new FunctionBuilder(null, _place);
    }

    /// <summary>Makes the prototype of the main function.</summary>
    /// <exception cref="LuaSyntaxException">A limit of the machine is passed: registers, constants, or the length of a jump.</exception>
    public static Prototype Compile(Chunk chunk, StringPool strings)
    {
        return new Compiler(chunk, strings).CompileMain(chunk.Main);
    }

    /// <summary>Parses and compiles a text. Of a syntax error and a limit of the machine the one that stands first wins, as in PUC's single pass.</summary>
    /// <param name="enclosingLevels">C calls that are active around: see <see cref="Parser.Parse(byte[], byte[], int)"/>.</param>
    /// <exception cref="LuaSyntaxException">The text does not compile.</exception>
    public static Prototype Compile(byte[] source, byte[] chunkName, StringPool strings, int enclosingLevels = 0)
    {
        Chunk? chunk;
        LuaSyntaxException? error;
        try
        {
            chunk = Parser.Parse(source, chunkName, enclosingLevels);
            error = null;
        }
        catch (LuaSyntaxException thrown)
        {
            chunk = null;
            error = thrown; // dealt with below: code in here would run on top of the stack of what threw
        }
        if (error is null) return Compile(chunk!, strings);
        chunk = Parser.ParseUpTo(error.Offset, source, chunkName, enclosingLevels);
        new Compiler(chunk, strings).ThrowLimitOf(chunk.Main);
        throw error;
    }

    private Prototype CompileMain(FunctionNode main)
    {
        CompileStatements(main.Body);
        return _function.Finish(_source, [], 0, VarargFlags.IsVararg, 0, 0);
    }

    /// <summary>Passes on a limit that is met in the text itself, and drops one met in what completes it.</summary>
    private void ThrowLimitOf(FunctionNode main)
    {
        try
        {
            CompileMain(main);
        }
        catch (LuaSyntaxException) when (_place.IsPastCut)
        {
            return; // the syntax error stands first
        }
    }

    private ByteString Text(Name name)
    {
        // Equal bytes are an equal string whatever state made it, so it may stay with a tree that is compiled again.
        if (name.Compiled is ByteString known) return known;
        var text = _strings.Get(name.Bytes);
        name.Compiled = text;
        return text;
    }

    private ByteString Text(string ascii) => _strings.Get(Encoding.ASCII.GetBytes(ascii));

    // ---- functions ----

    private void CompileFunction(FunctionNode node, out ExpressionCode e)
    {
        var outer = _function;
        _function = new FunctionBuilder(outer, _place);
        foreach (var parameter in node.Parameters) _function.Activate(Text(parameter.Name));
        _function.Reserve(node.Parameters.Count);
        CompileStatements(node.Body);
        _place.Mark = node.End;

        var vararg = VarargFlags.None;
        if (node.IsVararg) vararg = VarargFlags.IsVararg | VarargFlags.HasArg | (node.UsesDots ? VarargFlags.None : VarargFlags.NeedsArg);
        var upvalueNames = new ByteString[node.Upvalues.Count];
        for (var i = 0; i < upvalueNames.Length; i++) upvalueNames[i] = Text(node.Upvalues[i].Variable.Name);
        var parameterCount = node.Parameters.Count - (node.HasArg ? 1 : 0);
        var prototype = _function.Finish(_source, upvalueNames, parameterCount, vararg, node.LineDefined, node.LastLineDefined);
        _function = outer;

        e = new ExpressionCode(ExpressionKind.Relocatable, outer.EmitABx(OpCode.Closure, 0, outer.Child(prototype)));
        foreach (var upvalue in node.Upvalues)
        {
            if (upvalue.FromParentLocal) outer.MarkCaptured(upvalue.Index);
            outer.Emit(upvalue.FromParentLocal ? OpCode.Move : OpCode.GetUpval, 0, upvalue.Index, 0);
        }
    }

    // ---- blocks and statements ----

    private void CompileBlock(Block block)
    {
        _function.EnterBlock(isBreakable: false);
        CompileStatements(block);
        _function.LeaveBlock();
    }

    private void CompileStatements(Block block)
    {
        foreach (var statement in block.Statements)
        {
            CompileStatement(statement);
            _function.FreeRegister = _function.ActiveCount;
        }
        _place.Mark = block.End;
    }

    private void CompileStatement(Statement statement)
    {
        switch (statement)
        {
            case LocalStatement local: CompileLocal(local); break;
            case CallStatement call: CompileCall(call); break;
            case AssignmentStatement assignment: CompileAssignment(assignment); break;
            case IfStatement conditional: CompileIf(conditional); break;
            case ReturnStatement result: CompileReturn(result); break;
            case NumericForStatement loop: CompileNumericFor(loop); break;
            case GenericForStatement loop: CompileGenericFor(loop); break;
            case WhileStatement loop: CompileWhile(loop); break;
            case RepeatStatement loop: CompileRepeat(loop); break;
            case FunctionStatement function: CompileFunctionStatement(function); break;
            case LocalFunctionStatement function: CompileLocalFunction(function); break;
            case DoStatement scope: CompileBlock(scope.Body); break;
            case BreakStatement:
                _place.Mark = statement.End;
                CompileBreak();
                break;
        }
    }

    private void CompileIf(IfStatement node)
    {
        var escapes = FunctionBuilder.NoJump;
        var whenFalse = FunctionBuilder.NoJump;
        for (var i = 0; i < node.Clauses.Count; i++)
        {
            if (i > 0)
            {
                _function.Concat(ref escapes, _function.EmitJump());
                _function.PatchToHere(whenFalse);
            }
            whenFalse = CompileCondition(node.Clauses[i].Condition);
            CompileBlock(node.Clauses[i].Body);
        }
        if (node.Else is not null)
        {
            _function.Concat(ref escapes, _function.EmitJump());
            _function.PatchToHere(whenFalse);
            CompileBlock(node.Else);
        }
        else
        {
            _function.Concat(ref escapes, whenFalse);
        }
        _function.PatchToHere(escapes);
    }

    /// <summary>The jumps taken when the condition is false.</summary>
    private int CompileCondition(Expression condition)
    {
        CompileExpression(condition, out var e);
        if (e.Kind == ExpressionKind.Nil) e.Kind = ExpressionKind.False; // all false values are one here
        _function.GoIfTrue(ref e);
        return e.FalseJumps;
    }

    private void CompileWhile(WhileStatement node)
    {
        var start = _function.Label();
        var exit = CompileCondition(node.Condition);
        _function.EnterBlock(isBreakable: true);
        CompileBlock(node.Body);
        _function.PatchTo(_function.EmitJump(), start);
        _function.LeaveBlock();
        _function.PatchToHere(exit);
    }

    private void CompileRepeat(RepeatStatement node)
    {
        var start = _function.Label();
        _function.EnterBlock(isBreakable: true);
        var scope = _function.EnterBlock(isBreakable: false);
        CompileStatements(node.Body);
        var exit = CompileCondition(node.Condition);
        if (!scope.HasUpvalue)
        {
            _function.LeaveBlock();
            _function.PatchTo(exit, start);
        }
        else
        {
            CompileBreak(); // when the condition holds
            _function.PatchToHere(exit);
            _function.LeaveBlock();
            _function.PatchTo(_function.EmitJump(), start);
        }
        _function.LeaveBlock();
    }

    private void CompileBreak()
    {
        var block = _function.Block!;
        var hasUpvalue = false;
        while (!block.IsBreakable)
        {
            hasUpvalue |= block.HasUpvalue;
            block = block.Previous!;
        }
        if (hasUpvalue) _function.Emit(OpCode.Close, block.ActiveCount, 0, 0);
        _function.Concat(ref block.Breaks, _function.EmitJump());
    }

    private void CompileNumericFor(NumericForStatement node)
    {
        _function.EnterBlock(isBreakable: true);
        var index = _function.FreeRegister;
        CompileToNextRegister(node.First);
        CompileToNextRegister(node.Last);
        if (node.Step is not null)
        {
            CompileToNextRegister(node.Step);
        }
        else
        {
            _function.EmitABx(OpCode.LoadK, _function.FreeRegister, _function.Constant(1.0));
            _function.Reserve(1);
        }
        foreach (var hidden in (ReadOnlySpan<string>)["(for index)", "(for limit)", "(for step)"]) _function.Activate(Text(hidden));
        _place.Mark = node.Body.Begin;
        var prepare = _function.EmitAsBx(OpCode.ForPrep, index, FunctionBuilder.NoJump);
        CompileForBody([node.Variable], node.Body);
        _function.PatchToHere(prepare);
        var end = _function.EmitAsBx(OpCode.ForLoop, index, FunctionBuilder.NoJump);
        _function.FixLine(node.Line);
        _function.PatchTo(end, prepare + 1);
        _function.LeaveBlock();
    }

    private void CompileGenericFor(GenericForStatement node)
    {
        _function.EnterBlock(isBreakable: true);
        var generator = _function.FreeRegister;
        AdjustAssignment(3, node.Values.Count, CompileList(node.Values));
        _function.CheckStack(3); // room to call the generator
        foreach (var hidden in (ReadOnlySpan<string>)["(for generator)", "(for state)", "(for control)"]) _function.Activate(Text(hidden));
        _place.Mark = node.Body.Begin;
        var prepare = _function.EmitJump();
        CompileForBody(node.Variables, node.Body);
        _function.PatchToHere(prepare);
        _function.Emit(OpCode.TForLoop, generator, 0, node.Variables.Count);
        _function.FixLine(node.ListLine);
        _function.PatchTo(_function.EmitJump(), prepare + 1);
        _function.LeaveBlock();
    }

    private void CompileForBody(List<LocalVariable> variables, Block body)
    {
        _function.EnterBlock(isBreakable: false);
        foreach (var variable in variables) _function.Activate(Text(variable.Name));
        _function.Reserve(variables.Count);
        CompileBlock(body);
        _function.LeaveBlock();
    }

    private void CompileFunctionStatement(FunctionStatement node)
    {
        CompileExpression(node.Target, out var target);
        CompileFunction(node.Function, out var function);
        _function.Store(target, ref function);
        _function.FixLine(node.Line); // the definition "happens" in its first line
    }

    private void CompileLocalFunction(LocalFunctionStatement node)
    {
        var variable = new ExpressionCode(ExpressionKind.Local, _function.FreeRegister);
        _place.Mark = new SourceMark(node.Variable.Line, node.Variable.Offset + node.Variable.Name.Bytes.Length);
        _function.Reserve(1);
        _function.Activate(Text(node.Variable.Name));
        CompileFunction(node.Function, out var function);
        _function.Store(variable, ref function);
        _function.StartNewestHere();
    }

    private void CompileLocal(LocalStatement node)
    {
        var last = CompileList(node.Values);
        _place.Mark = node.End;
        AdjustAssignment(node.Variables.Count, node.Values.Count, last);
        foreach (var variable in node.Variables) _function.Activate(Text(variable.Name));
    }

    private void CompileReturn(ReturnStatement node)
    {
        var count = node.Values.Count;
        var first = 0;
        if (count > 0)
        {
            var last = CompileList(node.Values);
            if (last.IsMulti)
            {
                _function.SetReturns(ref last, MultipleResults);
                if (last.Kind == ExpressionKind.Call && count == 1) _function[last.Info] = _function[last.Info].WithOpCode(OpCode.TailCall);
                first = _function.ActiveCount;
                count = MultipleResults;
            }
            else if (count == 1)
            {
                first = _function.ToAnyRegister(ref last);
            }
            else
            {
                _function.ToNextRegister(ref last);
                first = _function.ActiveCount;
            }
        }
        _place.Mark = node.End;
        _function.EmitReturn(first, count);
    }

    private void CompileCall(CallStatement node)
    {
        CompileExpression(node.Call, out var call);
        _function[call.Info] = _function[call.Info].WithC(1); // no results
    }

    // ---- assignment ----

    private void CompileAssignment(AssignmentStatement node)
    {
        var targets = new ExpressionCode[node.Targets.Count];
        for (var i = 0; i < targets.Length; i++)
        {
            CompileExpression(node.Targets[i], out targets[i]);
            if (i > 0 && targets[i].Kind == ExpressionKind.Local) AvoidConflict(targets.AsSpan(0, i), targets[i]);
        }

        var last = CompileList(node.Values);
        var unstored = targets.Length;
        if (node.Values.Count == targets.Length)
        {
            _function.SetOneReturn(ref last);
            _function.Store(targets[--unstored], ref last);
        }
        else
        {
            AdjustAssignment(targets.Length, node.Values.Count, last);
            if (node.Values.Count > targets.Length) _function.FreeRegister -= node.Values.Count - targets.Length;
        }
        while (unstored > 0)
        {
            var top = new ExpressionCode(ExpressionKind.Register, _function.FreeRegister - 1);
            _function.Store(targets[--unstored], ref top);
        }
    }

    /// <summary>In <c>a[i], i = i, 0</c> the local is assigned before the table is: earlier targets use a copy of it.</summary>
    private void AvoidConflict(Span<ExpressionCode> earlier, in ExpressionCode local)
    {
        var copy = _function.FreeRegister;
        var conflict = false;
        foreach (ref var target in earlier)
        {
            if (target.Kind != ExpressionKind.Indexed) continue;
            if (target.Info == local.Info)
            {
                conflict = true;
                target.Info = copy;
            }
            if (target.Aux == local.Info)
            {
                conflict = true;
                target.Aux = copy;
            }
        }
        if (!conflict) return;
        _function.Emit(OpCode.Move, copy, local.Info, 0);
        _function.Reserve(1);
    }

    /// <summary>Brings the values on the stack to the number of variables.</summary>
    private void AdjustAssignment(int variables, int values, ExpressionCode last)
    {
        var missing = variables - values;
        if (last.IsMulti)
        {
            missing = Math.Max(missing + 1, 0); // the last value itself counts
            _function.SetReturns(ref last, missing);
            if (missing > 1) _function.Reserve(missing - 1);
            return;
        }
        if (last.Kind != ExpressionKind.Void) _function.ToNextRegister(ref last);
        if (missing > 0)
        {
            var first = _function.FreeRegister;
            _function.Reserve(missing);
            _function.EmitNil(first, missing);
        }
    }
}
