// Expressions, in PUC's order of emission; see Compiler.cs.
using Evalsha.Lua.Runtime;
using Evalsha.Lua.Syntax;

namespace Evalsha.Lua.Bytecode;

public sealed partial class Compiler
{
    /// <summary>All but the last value go to registers; the last is left open.</summary>
    private ExpressionCode CompileList(List<Expression> values)
    {
        var e = new ExpressionCode(ExpressionKind.Void, 0);
        for (var i = 0; i < values.Count; i++)
        {
            if (i > 0)
            {
                _place.Mark = values[i].Before; // the comma has been taken
                _function.ToNextRegister(ref e);
            }
            CompileExpression(values[i], out e);
        }
        return e;
    }

    private void CompileToNextRegister(Expression node)
    {
        CompileExpression(node, out var e);
        _function.ToNextRegister(ref e);
    }

    private void CompileExpression(Expression node, out ExpressionCode e)
    {
        _place.Mark = node.Before;
        switch (node)
        {
            case NameExpression name:
                _place.Mark = node.End;
                e = name.Scope switch
                {
                    NameScope.Local => new ExpressionCode(ExpressionKind.Local, name.Index),
                    NameScope.Upvalue => new ExpressionCode(ExpressionKind.Upvalue, name.Index),
                    _ => new ExpressionCode(ExpressionKind.Global, _function.Constant(Text(name.Name))),
                };
                break;
            case SuffixedExpression chain:
                CompileSuffixed(chain, out e);
                break;
            case StringExpression text:
                e = StringConstant(_strings.Get(text.Value));
                break;
            case NumberExpression number:
                e = ExpressionCode.OfNumber(number.Value);
                break;
            case BinaryChainExpression chain:
                CompileExpression(chain.First, out e);
                foreach (var link in chain.Links) CompileLink(link, ref e);
                break;
            case UnaryExpression unary:
                CompileExpression(unary.Operand, out e);
                _function.Prefix(unary.Operator, ref e);
                break;
            case ParenthesizedExpression parenthesized:
                CompileExpression(parenthesized.Inner, out e);
                _place.Mark = node.End;
                _function.Discharge(ref e);
                break;
            case TableExpression table:
                CompileTable(table, out e);
                break;
            case FunctionExpression function:
                CompileFunction(function.Function, out e);
                break;
            case BooleanExpression boolean:
                e = new ExpressionCode(boolean.Value ? ExpressionKind.True : ExpressionKind.False, 0);
                break;
            case DotsExpression:
                e = new ExpressionCode(ExpressionKind.VarArg, _function.Emit(OpCode.VarArg, 0, 1, 0));
                break;
            default:
                e = new ExpressionCode(ExpressionKind.Nil, 0);
                break;
        }
        _place.Mark = node.End;
    }

    private ExpressionCode StringConstant(ByteString text) => new(ExpressionKind.Constant, _function.Constant(text));

    private void CompileLink(BinaryLink link, ref ExpressionCode e)
    {
        _place.Mark = link.Right.Before; // the operator has been taken
        _function.Infix(link.Operator, ref e);
        CompileExpression(link.Right, out var right);
        _function.Postfix(link.Operator, ref e, ref right);
    }

    private void CompileSuffixed(SuffixedExpression node, out ExpressionCode e)
    {
        CompileExpression(node.Head, out e);
        foreach (var suffix in node.Suffixes)
        {
            ExpressionCode key;
            switch (suffix)
            {
                case FieldSuffix field:
                    _function.ToAnyRegister(ref e);
                    _place.Mark = suffix.End;
                    key = StringConstant(Text(field.Name));
                    _function.Index(ref e, ref key);
                    break;
                case IndexSuffix index:
                    _function.ToAnyRegister(ref e);
                    CompileExpression(index.Key, out key);
                    _function.ToValue(ref key);
                    _place.Mark = suffix.End;
                    _function.Index(ref e, ref key);
                    break;
                case CallSuffix { Method: { } method } call:
                    _place.Mark = call.MethodEnd;
                    key = StringConstant(Text(method));
                    _function.Self(ref e, ref key);
                    CompileArguments(call, ref e);
                    break;
                case CallSuffix call:
                    _function.ToNextRegister(ref e);
                    CompileArguments(call, ref e);
                    break;
            }
        }
    }

    private void CompileArguments(CallSuffix call, ref ExpressionCode e)
    {
        var arguments = CompileList(call.Arguments);
        var isOpen = arguments.IsMulti;
        if (isOpen) _function.SetReturns(ref arguments, MultipleResults);
        _place.Mark = call.End;

        var function = e.Info;
        int count;
        if (isOpen)
        {
            count = MultipleResults;
        }
        else
        {
            if (arguments.Kind != ExpressionKind.Void) _function.ToNextRegister(ref arguments);
            count = _function.FreeRegister - (function + 1);
        }
        e = new ExpressionCode(ExpressionKind.Call, _function.Emit(OpCode.Call, function, count + 1, 2));
        _function.FixLine(call.ArgumentLine);
        _function.FreeRegister = function + 1; // the call takes function and arguments and leaves one result
    }

    private void CompileTable(TableExpression node, out ExpressionCode table)
    {
        var pc = _function.Emit(OpCode.NewTable, 0, 0, 0);
        table = new ExpressionCode(ExpressionKind.Relocatable, pc);
        _function.ToNextRegister(ref table);

        var item = new ExpressionCode(ExpressionKind.Void, 0);
        int positional = 0, keyed = 0, pending = 0;
        foreach (var each in node.Items)
        {
            _place.Mark = each.Before;
            if (item.Kind != ExpressionKind.Void)
            {
                _function.ToNextRegister(ref item);
                item.Kind = ExpressionKind.Void;
                if (pending == FieldsPerFlush)
                {
                    _function.EmitSetList(table.Info, positional, pending);
                    pending = 0;
                }
            }
            if (each.Key is null)
            {
                CompileExpression(each.Value, out item);
                positional++;
                pending++;
            }
            else
            {
                CompileKeyedItem(table, each.Key, each.Value);
                keyed++;
            }
        }
        _place.Mark = node.End;
        if (pending > 0)
        {
            if (item.IsMulti)
            {
                _function.SetReturns(ref item, MultipleResults);
                _function.EmitSetList(table.Info, positional, MultipleResults);
                positional--; // how many it adds is not known
            }
            else
            {
                if (item.Kind != ExpressionKind.Void) _function.ToNextRegister(ref item);
                _function.EmitSetList(table.Info, positional, pending);
            }
        }
        _function[pc] = _function[pc].WithB(FloatingPointByte.Encode(positional)).WithC(FloatingPointByte.Encode(keyed));
    }

    private void CompileKeyedItem(in ExpressionCode table, Expression keyNode, Expression valueNode)
    {
        var free = _function.FreeRegister;
        CompileExpression(keyNode, out var key);
        _function.ToValue(ref key);
        _place.Mark = valueNode.Before; // the '=' has been taken
        var keyOperand = _function.ToConstantOrRegister(ref key);
        CompileExpression(valueNode, out var value);
        _function.Emit(OpCode.SetTable, table.Info, keyOperand, _function.ToConstantOrRegister(ref value));
        _function.FreeRegister = free;
    }
}
