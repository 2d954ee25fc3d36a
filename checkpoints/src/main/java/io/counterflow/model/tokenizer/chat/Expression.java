package io.counterflow.model.tokenizer.chat;

import java.util.List;
import java.util.Optional;

/** Something with a value. */
sealed interface Expression {
    record Literal(Object value) implements Expression {}

    record Name(String name) implements Expression {}

    record ListOf(List<Expression> elements) implements Expression {}

    record TupleOf(List<Expression> elements) implements Expression {}

    record Entry(Expression key, Expression value) {}

    record DictOf(List<Entry> entries) implements Expression {}

    record Unary(String operator, Expression operand) implements Expression {}

    record Binary(String operator, Expression left, Expression right) implements Expression {}

    record Conditional(Expression condition, Expression then, Optional<Expression> otherwise) implements Expression {}

    record Attribute(Expression object, String name) implements Expression {}

    record Item(Expression object, Expression key) implements Expression {}

    record Slice(Expression object, Optional<Expression> from, Optional<Expression> to, Optional<Expression> step)
            implements Expression {}

    record Argument(Optional<String> name, Expression value) {}

    record Call(Expression function, List<Argument> arguments) implements Expression {}

    record Filter(Expression input, String name, List<Argument> arguments) implements Expression {}

    record Test(Expression input, String name, List<Argument> arguments, boolean negated) implements Expression {}
}
