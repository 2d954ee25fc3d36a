package io.counterflow.model.tokenizer.chat;

import java.util.List;
import java.util.Optional;

/** Something that is carried out. */
sealed interface Statement {
    record Text(String text) implements Statement {}

    record Output(Expression value, int line) implements Statement {}

    record Branch(Expression condition, List<Statement> body) {}

    record If(List<Branch> branches, List<Statement> otherwise, int line) implements Statement {}

    record For(
            List<String> names,
            Expression iterable,
            Optional<Expression> condition,
            List<Statement> body,
            List<Statement> otherwise,
            boolean recursive,
            int line)
            implements Statement {}

    record Set(List<String> names, Expression value, int line) implements Statement {}

    record SetAttribute(String object, String name, Expression value, int line) implements Statement {}

    /** @param value what is made of the body, which has the name itself while it is made */
    record SetBlock(String name, Expression value, List<Statement> body, int line) implements Statement {}

    /** Writes what filters make of a body, which has a name that no template can write. */
    record FilterBlock(String name, Expression value, List<Statement> body, int line) implements Statement {}

    /** Names that a body alone knows. */
    record With(List<String> names, List<Expression> values, List<Statement> body, int line) implements Statement {}

    /** Calls a macro that can have the body written. */
    record CallBlock(Expression.Call call, List<String> parameters, List<Statement> body, int line)
            implements Statement {}

    record Parameter(String name, Optional<Expression> fallback) {}

    /** @param takes which of {@code varargs} and {@code kwargs} the body uses, so that calls may have more arguments than parameters */
    record Macro(String name, List<Parameter> parameters, java.util.Set<String> takes, List<Statement> body, int line)
            implements Statement {}

    /** Leaves the innermost loop, or goes on with its next round. */
    record Jump(boolean leaves) implements Statement {}

    /** A body that is rendered as it stands. */
    record Block(List<Statement> body) implements Statement {}

    /** The same, which is what the assistant said. */
    record Generation(List<Statement> body) implements Statement {}
}
