"""IR of the entry interpreter: the sizes that follow from those of the arguments, step by step."""

LLVM = r"""
define internal void @jitad.steps(ptr %p, ptr %f) {
  %total.at = getelementptr i64, ptr %p, i64 $step_count
  %total = load i64, ptr %total.at
  %count.at = getelementptr i64, ptr %p, i64 $size_count
  %count = load i64, ptr %count.at
  %table.at = getelementptr i64, ptr %p, i64 $steps
  %table.offset = load i64, ptr %table.at
  %table = getelementptr i8, ptr %p, i64 %table.offset
  %sizes.at = getelementptr ptr, ptr %f, i64 7
  %sizes = load ptr, ptr %sizes.at
  %operands.at = getelementptr ptr, ptr %f, i64 1
  %operands = load ptr, ptr %operands.at
  %into = getelementptr i64, ptr %sizes, i64 %count
  br label %loop
loop:
  %i = phi i64 [0, %0], [%i.next, %done]
  %end = icmp eq i64 %i, %total
  br i1 %end, label %return, label %one
one:
  %step = getelementptr [4 x i64], ptr %table, i64 %i
  %op = load i64, ptr %step
  %a.at = getelementptr i64, ptr %step, i64 1
  %a = load i64, ptr %a.at
  switch i64 %op, label %operate [ i64 0, label %done i64 1, label %leaf ]
leaf:
  %k = add i64 %a, %count
  %slot = getelementptr ptr, ptr %operands, i64 %k
  %data = load ptr, ptr %slot
  %number = load i64, ptr %data
  br label %done
operate:
  %b.at = getelementptr i64, ptr %step, i64 2
  %b = load i64, ptr %b.at
  %c.at = getelementptr i64, ptr %step, i64 3
  %c = load i64, ptr %c.at
  %x.at = getelementptr i64, ptr %sizes, i64 %a
  %x = load i64, ptr %x.at
  %y.at = getelementptr i64, ptr %sizes, i64 %b
  %y = load i64, ptr %y.at
  %z.at = getelementptr i64, ptr %sizes, i64 %c
  %z = load i64, ptr %z.at
  %less = icmp slt i64 %x, %y
  %equal = icmp eq i64 %x, %y
  switch i64 %op, label %select [
    i64 2, label %add i64 3, label %sub i64 4, label %mul i64 5, label %divide i64 6, label %max
    i64 7, label %min i64 8, label %lt i64 9, label %le i64 10, label %eq i64 11, label %and i64 12, label %or
  ]
add:
  %plus = add i64 %x, %y
  br label %done
sub:
  %minus = sub i64 %x, %y
  br label %done
mul:
  %times = mul i64 %x, %y
  br label %done
divide:
  ; by 0 it is 0, by -1 it wraps, as in the program
  %zero = icmp eq i64 %y, 0
  %negate = icmp eq i64 %y, -1
  %unusual = or i1 %zero, %negate
  %divisor = select i1 %unusual, i64 1, i64 %y
  %quotient = sdiv i64 %x, %divisor
  %rest = srem i64 %x, %divisor
  %inexact = icmp ne i64 %rest, 0
  %signs = xor i64 %rest, %divisor
  %opposite = icmp slt i64 %signs, 0
  %lower = and i1 %inexact, %opposite
  %borrow = sext i1 %lower to i64
  %floor = add i64 %quotient, %borrow
  %negated = sub i64 0, %x
  %usual = select i1 %negate, i64 %negated, i64 %floor
  %divided = select i1 %zero, i64 0, i64 %usual
  br label %done
max:
  %larger = select i1 %less, i64 %y, i64 %x
  br label %done
min:
  %smaller = select i1 %less, i64 %x, i64 %y
  br label %done
lt:
  %is.less = zext i1 %less to i64
  br label %done
le:
  %at.most = or i1 %less, %equal
  %is.most = zext i1 %at.most to i64
  br label %done
eq:
  %is.equal = zext i1 %equal to i64
  br label %done
and:
  %both = and i64 %x, %y
  br label %done
or:
  %either = or i64 %x, %y
  br label %done
select:
  %holds = icmp ne i64 %x, 0
  %chosen = select i1 %holds, i64 %y, i64 %z
  br label %done
done:
  %value = phi i64 [%a, %one], [%number, %leaf], [%plus, %add], [%minus, %sub], [%times, %mul],
    [%divided, %divide], [%larger, %max], [%smaller, %min], [%is.less, %lt], [%is.most, %le],
    [%is.equal, %eq], [%both, %and], [%either, %or], [%chosen, %select]
  %at = getelementptr i64, ptr %into, i64 %i
  store i64 %value, ptr %at
  %i.next = add i64 %i, 1
  br label %loop
return:
  ret void
}
"""
