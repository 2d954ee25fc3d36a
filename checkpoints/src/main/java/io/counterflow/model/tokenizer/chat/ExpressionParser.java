package io.counterflow.model.tokenizer.chat;

import io.counterflow.model.tokenizer.chat.Expression.Argument;
import io.counterflow.model.tokenizer.chat.Expression.Entry;
import io.counterflow.model.tokenizer.chat.Token.Kind;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Parses expressions with Jinja's precedence: filters and tests bind tighter than arithmetic. For one tag. */
final class ExpressionParser {
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", ">", "<=", ">=");
    private static final Set<String> RESERVED = Set.of("else", "or", "and", "is", "if", "in", "not");
    private static final int DEEPEST = 200;

    private final List<Token> tokens;
    private int position;
    private int depth;

    ExpressionParser(String code) {
        tokens = Lexer.tokens(code);
    }

    Token peek() {
        return tokens.get(position);
    }

    private Token peek(int ahead) {
        return tokens.get(Math.min(position + ahead, tokens.size() - 1));
    }

    Token next() {
        Token token = tokens.get(position);
        position = Math.min(position + 1, tokens.size() - 1);
        return token;
    }

    boolean accept(String operatorOrName) {
        if (peek().is(operatorOrName)) {
            next();
            return true;
        }
        return false;
    }

    void expect(String operatorOrName) {
        if (!accept(operatorOrName)) {
            throw new ChatTemplateException(
                    "\"%s\" where \"%s\" was expected".formatted(peek().text(), operatorOrName));
        }
    }

    String name() {
        if (peek().kind() != Kind.NAME) {
            throw new ChatTemplateException("\"%s\" where a name was expected".formatted(peek().text()));
        }
        return next().text();
    }

    boolean atEnd() {
        return peek().kind() == Kind.END;
    }

    void end() {
        if (peek().kind() != Kind.END) {
            throw new ChatTemplateException("\"%s\" was not expected".formatted(peek().text()));
        }
    }

    /** An expression; several with commas between make a tuple. */
    Expression expressions() {
        Expression first = expression();
        if (!peek().is(",")) {
            return first;
        }
        List<Expression> elements = new ArrayList<>(List.of(first));
        while (accept(",")) {
            if (peek().kind() != Kind.END && !peek().is(")")) {
                elements.add(expression());
            }
        }
        return new Expression.TupleOf(elements);
    }

    Expression expression() {
        if (++depth > DEEPEST) {
            throw new ChatTemplateException("an expression that is nested too deeply");
        }
        Expression value = or();
        while (accept("if")) {
            Expression condition = or();
            Optional<Expression> otherwise = accept("else") ? Optional.of(expression()) : Optional.empty();
            value = new Expression.Conditional(condition, value, otherwise);
        }
        depth--;
        return value;
    }

    /** An expression without a conditional, so that an {@code if} after it belongs to the loop. */
    Expression iterable() {
        Expression value = or();
        if (peek().is(",")) {
            throw new ChatTemplateException("a loop over several values; put them in brackets");
        }
        return value;
    }

    private Expression or() {
        Expression left = and();
        while (accept("or")) {
            left = new Expression.Binary("or", left, and());
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        while (accept("and")) {
            left = new Expression.Binary("and", left, not());
        }
        return left;
    }

    private Expression not() {
        return accept("not") ? new Expression.Unary("not", not()) : comparison();
    }

    private Expression comparison() {
        Expression left = sum();
        Expression result = null;
        while (true) {
            String operator;
            if (peek().kind() == Kind.OPERATOR && COMPARISONS.contains(peek().text())) {
                operator = next().text();
            } else if (accept("in")) {
                operator = "in";
            } else if (peek().is("not") && peek(1).is("in")) {
                next();
                next();
                operator = "not in";
            } else {
                return result == null ? left : result;
            }
            Expression right = sum();
            Expression link = new Expression.Binary(operator, left, right);
            result = result == null ? link : new Expression.Binary("and", result, link);
            left = right;
        }
    }

    private Expression sum() {
        Expression left = concatenation();
        while (peek().is("+") || peek().is("-")) {
            left = new Expression.Binary(next().text(), left, concatenation());
        }
        return left;
    }

    private Expression concatenation() {
        Expression left = product();
        while (accept("~")) {
            left = new Expression.Binary("~", left, product());
        }
        return left;
    }

    private Expression product() {
        Expression left = power();
        while (peek().is("*") || peek().is("/") || peek().is("//") || peek().is("%")) {
            left = new Expression.Binary(next().text(), left, power());
        }
        return left;
    }

    private Expression power() {
        Expression left = unary(true);
        while (accept("**")) {
            left = new Expression.Binary("**", left, unary(true));
        }
        return left;
    }

    private Expression unary(boolean withFilters) {
        Expression value;
        if (peek().is("-") || peek().is("+")) {
            value = new Expression.Unary(next().text(), unary(false));
        } else {
            value = postfix(primary());
        }
        return withFilters ? filters(value) : value;
    }

    private Expression primary() {
        Token token = next();
        switch (token.kind()) {
            case STRING -> {
                StringBuilder text = new StringBuilder(token.text());
                while (peek().kind() == Kind.STRING) {
                    text.append(next().text());
                }
                return new Expression.Literal(text.toString());
            }
            case INTEGER -> {
                return new Expression.Literal(PythonValues.whole(new BigInteger(token.text())));
            }
            case FLOAT -> {
                return new Expression.Literal(Double.parseDouble(token.text()));
            }
            case NAME -> {
                return switch (token.text()) {
                    case "true", "True" -> new Expression.Literal(true);
                    case "false", "False" -> new Expression.Literal(false);
                    case "none", "None" -> new Expression.Literal(null);
                    default -> new Expression.Name(token.text());
                };
            }
            default -> {
                return brackets(token);
            }
        }
    }

    private Expression brackets(Token token) {
        if (token.is("(")) {
            Expression inside = accept(")") ? null : expressions();
            if (inside == null) {
                return new Expression.TupleOf(List.of());
            }
            expect(")");
            return inside;
        }
        if (token.is("[")) {
            List<Expression> elements = new ArrayList<>();
            while (!accept("]")) {
                elements.add(expression());
                if (!peek().is("]")) {
                    expect(",");
                }
            }
            return new Expression.ListOf(elements);
        }
        if (token.is("{")) {
            List<Entry> entries = new ArrayList<>();
            while (!accept("}")) {
                Expression key = expression();
                expect(":");
                entries.add(new Entry(key, expression()));
                if (!peek().is("}")) {
                    expect(",");
                }
            }
            return new Expression.DictOf(entries);
        }
        throw new ChatTemplateException(
                token.kind() == Kind.END
                        ? "an expression that ends too early"
                        : "\"%s\" where a value was expected".formatted(token.text()));
    }

    private Expression postfix(Expression start) {
        Expression value = start;
        while (true) {
            if (accept(".")) {
                value = peek().kind() == Kind.INTEGER
                        ? new Expression.Item(value, new Expression.Literal(Long.parseLong(next().text())))
                        : new Expression.Attribute(value, name());
            } else if (accept("[")) {
                value = subscript(value);
            } else if (accept("(")) {
                value = new Expression.Call(value, arguments());
            } else {
                return value;
            }
        }
    }

    private Expression subscript(Expression object) {
        Optional<Expression> from = peek().is(":") ? Optional.empty() : Optional.of(expression());
        if (!accept(":")) {
            expect("]");
            return new Expression.Item(object, from.orElseThrow());
        }
        Optional<Expression> to = peek().is(":") || peek().is("]") ? Optional.empty() : Optional.of(expression());
        Optional<Expression> step = accept(":") && !peek().is("]") ? Optional.of(expression()) : Optional.empty();
        expect("]");
        return new Expression.Slice(object, from, to, step);
    }

    /** What stands between parentheses, the opening one read. */
    private List<Argument> arguments() {
        List<Argument> arguments = new ArrayList<>();
        while (!accept(")")) {
            Optional<String> name = Optional.empty();
            if (peek().kind() == Kind.NAME && peek(1).is("=")) {
                name = Optional.of(name());
                next();
            }
            arguments.add(new Argument(name, expression()));
            if (!peek().is(")")) {
                expect(",");
            }
        }
        return arguments;
    }

    private Expression filters(Expression start) {
        Expression value = start;
        while (true) {
            if (accept("|")) {
                String name = name();
                value = new Expression.Filter(value, name, accept("(") ? arguments() : List.of());
            } else if (accept("is")) {
                boolean negated = accept("not");
                value = new Expression.Test(value, name(), testArguments(), negated);
            } else if (accept("(")) {
                value = new Expression.Call(value, arguments());
            } else {
                return value;
            }
        }
    }

    /** In parentheses, or one value without them, as in {@code is divisibleby 3}. */
    private List<Argument> testArguments() {
        if (accept("(")) {
            return arguments();
        }
        boolean value =
                switch (peek().kind()) {
                    case STRING, INTEGER, FLOAT -> true;
                    case NAME -> !RESERVED.contains(peek().text());
                    case OPERATOR -> peek().is("[") || peek().is("{");
                    case END -> false;
                };
        return value ? List.of(new Argument(Optional.empty(), postfix(primary()))) : List.of();
    }
}
