// The 38 instructions of Lua 5.1, each with its meaning beside it. The numbers are PUC's (lopcodes.h) and are the wire form of a dumped function.
// Notation: R(x) register x; Kst(x) constant x; RK(x) constant x-256 when x >= 256, else register x; Upvalue[x] upvalue x; Gbl the function's environment;
// pc the next instruction; KPROTO[x] child prototype x. A call result count of 0 in B or C means "up to the top of the stack".
namespace Evalsha.Lua.Bytecode;

/// <summary>The operation of an <see cref="Instruction"/>; layout of its operands by <see cref="OpModes"/>.</summary>
public enum OpCode : byte
{
    Move,       // A B     R(A) := R(B)
    LoadK,      // A Bx    R(A) := Kst(Bx)
    LoadBool,   // A B C   R(A) := (bool)B; if (C) pc++
    LoadNil,    // A B     R(A) := ... := R(B) := nil
    GetUpval,   // A B     R(A) := Upvalue[B]
    GetGlobal,  // A Bx    R(A) := Gbl[Kst(Bx)]
    GetTable,   // A B C   R(A) := R(B)[RK(C)]
    SetGlobal,  // A Bx    Gbl[Kst(Bx)] := R(A)
    SetUpval,   // A B     Upvalue[B] := R(A)
    SetTable,   // A B C   R(A)[RK(B)] := RK(C)
    NewTable,   // A B C   R(A) := {} (array size = B, hash size = C, both "floating point bytes")
    Self,       // A B C   R(A+1) := R(B); R(A) := R(B)[RK(C)]
    Add,        // A B C   R(A) := RK(B) + RK(C)
    Sub,        // A B C   R(A) := RK(B) - RK(C)
    Mul,        // A B C   R(A) := RK(B) * RK(C)
    Div,        // A B C   R(A) := RK(B) / RK(C)
    Mod,        // A B C   R(A) := RK(B) % RK(C)
    Pow,        // A B C   R(A) := RK(B) ^ RK(C)
    Unm,        // A B     R(A) := -R(B)
    Not,        // A B     R(A) := not R(B)
    Len,        // A B     R(A) := length of R(B)
    Concat,     // A B C   R(A) := R(B).. ... ..R(C)
    Jmp,        // sBx     pc += sBx
    Eq,         // A B C   if ((RK(B) == RK(C)) ~= A) then pc++
    Lt,         // A B C   if ((RK(B) <  RK(C)) ~= A) then pc++
    Le,         // A B C   if ((RK(B) <= RK(C)) ~= A) then pc++
    Test,       // A C     if not (R(A) <=> C) then pc++
    TestSet,    // A B C   if (R(B) <=> C) then R(A) := R(B) else pc++
    Call,       // A B C   R(A), ... ,R(A+C-2) := R(A)(R(A+1), ... ,R(A+B-1)); C = 0 sets top to the last result + 1
    TailCall,   // A B C   return R(A)(R(A+1), ... ,R(A+B-1))
    Return,     // A B     return R(A), ... ,R(A+B-2); B = 0 returns up to top
    ForLoop,    // A sBx   R(A) += R(A+2); if R(A) <?= R(A+1) then { pc += sBx; R(A+3) := R(A) }
    ForPrep,    // A sBx   R(A) -= R(A+2); pc += sBx
    TForLoop,   // A C     R(A+3), ... ,R(A+2+C) := R(A)(R(A+1), R(A+2)); if R(A+3) ~= nil then R(A+2) := R(A+3) else pc++
    SetList,    // A B C   R(A)[(C-1)*50+i] := R(A+i), 1 <= i <= B; B = 0 stores up to top; C = 0 takes the next instruction word as C
    Close,      // A       close all upvalues that stand in the stack at or above R(A)
    Closure,    // A Bx    R(A) := closure(KPROTO[Bx]); one Move (local) or GetUpval (upvalue) follows for each upvalue to capture: its B says which
    VarArg,     // A B     R(A), R(A+1), ..., R(A+B-2) := vararg; B = 0 takes all and sets top
}
