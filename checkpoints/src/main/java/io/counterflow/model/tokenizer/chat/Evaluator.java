package io.counterflow.model.tokenizer.chat;

import static io.counterflow.model.tokenizer.chat.PythonValues.asDouble;
import static io.counterflow.model.tokenizer.chat.PythonValues.asLong;
import static io.counterflow.model.tokenizer.chat.PythonValues.isNumber;
import static io.counterflow.model.tokenizer.chat.PythonValues.isTrue;
import static io.counterflow.model.tokenizer.chat.PythonValues.kind;

import io.counterflow.model.tokenizer.chat.Expression.Argument;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Computes expressions. Bounded: a template that computes too long or too much is stopped. For one rendering. */
final class Evaluator {
    private static final long MOST_STEPS = 2_000_000;
    private static final int LONGEST_TEXT = 64 << 20;

    private long steps;

    /** Counts one step of work. */
    void step() {
        if (++steps > MOST_STEPS) {
            throw new ChatTemplateException("the template takes more than %d steps".formatted(MOST_STEPS));
        }
    }

    Object value(Expression expression, Scope scope) {
        step();
        // A switch over the sealed interface needs a later Java than 17.
        if (expression instanceof Expression.Literal literal) {
            return literal.value();
        } else if (expression instanceof Expression.Name name) {
            return scope.get(name.name());
        } else if (expression instanceof Expression.ListOf list) {
            return values(list.elements(), scope);
        } else if (expression instanceof Expression.TupleOf tuple) {
            return new Tuple(values(tuple.elements(), scope));
        } else if (expression instanceof Expression.DictOf dict) {
            Map<Object, Object> map = new LinkedHashMap<>();
            dict.entries().forEach(e -> map.put(value(e.key(), scope), value(e.value(), scope)));
            return map;
        } else if (expression instanceof Expression.Unary unary) {
            return unary(unary, scope);
        } else if (expression instanceof Expression.Binary binary) {
            return binary(binary, scope);
        } else if (expression instanceof Expression.Conditional conditional) {
            if (isTrue(value(conditional.condition(), scope))) {
                return value(conditional.then(), scope);
            }
            return conditional.otherwise().isPresent()
                    ? value(conditional.otherwise().get(), scope)
                    : new Undefined("the conditional without else");
        } else if (expression instanceof Expression.Attribute attribute) {
            return attribute(value(attribute.object(), scope), attribute.name());
        } else if (expression instanceof Expression.Item item) {
            return item(value(item.object(), scope), value(item.key(), scope));
        } else if (expression instanceof Expression.Slice slice) {
            return PythonValues.slice(
                    value(slice.object(), scope),
                    bound(slice.from(), scope),
                    bound(slice.to(), scope),
                    bound(slice.step(), scope));
        } else if (expression instanceof Expression.Call call) {
            return call(call, scope);
        } else if (expression instanceof Expression.Filter filter) {
            return TemplateFilters.filter(
                    filter.name(),
                    value(filter.input(), scope),
                    positional(filter.arguments(), scope),
                    named(filter.arguments(), scope));
        } else if (expression instanceof Expression.Test test) {
            return Builtins.test(test.name(), value(test.input(), scope), positional(test.arguments(), scope))
                    != test.negated();
        }
        throw new IllegalStateException("an expression of no known kind: " + expression);
    }

    private List<Object> values(List<Expression> elements, Scope scope) {
        List<Object> values = new ArrayList<>();
        elements.forEach(e -> values.add(value(e, scope)));
        return values;
    }

    private Long bound(Optional<Expression> bound, Scope scope) {
        Object value = bound.map(e -> value(e, scope)).orElse(null);
        return value == null ? null : asLong(value);
    }

    private Object unary(Expression.Unary unary, Scope scope) {
        Object operand = value(unary.operand(), scope);
        return switch (unary.operator()) {
            case "not" -> !isTrue(operand);
            case "-" ->
                operand instanceof Double number
                        ? (Object) (-number)
                        : PythonValues.whole(PythonValues.integer(operand).negate());
            default -> operand instanceof Double ? operand : PythonValues.whole(PythonValues.integer(operand));
        };
    }

    private Object binary(Expression.Binary binary, Scope scope) {
        Object left = value(binary.left(), scope);
        switch (binary.operator()) {
            case "and" -> {
                return isTrue(left) ? value(binary.right(), scope) : left;
            }
            case "or" -> {
                return isTrue(left) ? left : value(binary.right(), scope);
            }
            default -> {
                return operate(binary.operator(), left, value(binary.right(), scope));
            }
        }
    }

    private static Object operate(String operator, Object left, Object right) {
        return switch (operator) {
            case "==" -> PythonValues.equal(left, right);
            case "!=" -> !PythonValues.equal(left, right);
            case "<" -> PythonValues.compare(left, right) < 0;
            case ">" -> PythonValues.compare(left, right) > 0;
            case "<=" -> PythonValues.compare(left, right) <= 0;
            case ">=" -> PythonValues.compare(left, right) >= 0;
            case "in" -> PythonValues.contains(right, left);
            case "not in" -> !PythonValues.contains(right, left);
            case "~" -> bounded(PythonValues.text(left) + PythonValues.text(right));
            case "+" -> plus(left, right);
            case "*" -> times(left, right);
            case "%" ->
                left instanceof String text
                        ? bounded(PercentFormat.format(text, right))
                        : arithmetic(operator, left, right);
            default -> arithmetic(operator, left, right);
        };
    }

    static Object plus(Object left, Object right) {
        if (left instanceof String a && right instanceof String b) {
            return bounded(a + b);
        }
        if (left instanceof List<?> a
                && right instanceof List<?> b
                && left instanceof Tuple == right instanceof Tuple) {
            List<Object> both = new ArrayList<>(a);
            both.addAll(b);
            return left instanceof Tuple ? new Tuple(both) : both;
        }
        return arithmetic("+", left, right);
    }

    private static Object times(Object left, Object right) {
        if (left instanceof String text && right instanceof Long count) {
            if (text.length() * Math.max(0.0, count) > LONGEST_TEXT) {
                throw new ChatTemplateException("a text of more than %d characters".formatted(LONGEST_TEXT));
            }
            return text.repeat((int) Math.max(0, count));
        }
        return left instanceof Long && right instanceof String ? times(right, left) : arithmetic("*", left, right);
    }

    private static Object arithmetic(String operator, Object left, Object right) {
        if (!isNumber(left) || !isNumber(right)) {
            throw new ChatTemplateException("%s %s %s cannot be computed".formatted(kind(left), operator, kind(right)));
        }
        boolean whole = !(left instanceof Double) && !(right instanceof Double);
        if ((operator.equals("/") || operator.equals("//") || operator.equals("%")) && asDouble(right) == 0) {
            throw new ChatTemplateException("a division by zero");
        }
        if (whole && !operator.equals("/") && !(operator.equals("**") && asDouble(right) < 0)) {
            return WholeNumbers.compute(operator, PythonValues.integer(left), PythonValues.integer(right));
        }
        double a = asDouble(left);
        double b = asDouble(right);
        return switch (operator) {
            case "+" -> a + b;
            case "-" -> a - b;
            case "*" -> a * b;
            case "/" -> whole ? WholeNumbers.quotient(PythonValues.integer(left), PythonValues.integer(right)) : a / b;
            case "//" -> floorQuotient(a, b);
            case "**" -> Math.pow(a, b);
            default -> remainder(a, b);
        };
    }

    /** What is left of a division, with the divisor's sign, exactly. */
    private static double remainder(double a, double b) {
        double rest = a % b;
        if (rest == 0) {
            return Math.copySign(0, b);
        }
        return rest < 0 == b < 0 ? rest : rest + b;
    }

    private static double floorQuotient(double a, double b) {
        double quotient = (a - remainder(a, b)) / b;
        double floor = Math.floor(quotient);
        return quotient == 0 ? Math.copySign(0, a / b) : quotient - floor > 0.5 ? floor + 1 : floor;
    }

    /** As in Jinja, a dictionary's entry can be had like an attribute; a method comes first. */
    private static Object attribute(Object object, String name) {
        if (object instanceof Undefined undefined) {
            throw new ChatTemplateException("%s is undefined, so it has no %s".formatted(undefined.name(), name));
        }
        if (object instanceof Namespace namespace) {
            return namespace.attributes().containsKey(name)
                    ? namespace.attributes().get(name)
                    : new Undefined(name);
        }
        if (object instanceof Loop loop) {
            return loop.attributes().containsKey(name) ? loop.attributes().get(name) : new Undefined(name);
        }
        if (object instanceof Tuple tuple && tuple.get(name).isPresent()) {
            return tuple.get(name).get();
        }
        Callable method = Methods.of(object, name);
        if (method != null) {
            return method;
        }
        return object instanceof Map<?, ?> map && map.containsKey(name) ? map.get(name) : new Undefined(name);
    }

    private static Object item(Object object, Object key) {
        if (object instanceof Map<?, ?> map) {
            return map.containsKey(key) ? map.get(key) : new Undefined(PythonValues.text(key));
        }
        if ((object instanceof List<?> || object instanceof String) && key instanceof Long place) {
            List<Object> elements = PythonValues.elements(object);
            long index = place < 0 ? place + elements.size() : place;
            return index >= 0 && index < elements.size()
                    ? elements.get((int) index)
                    : new Undefined("element " + place);
        }
        return attribute(object, PythonValues.text(key));
    }

    private Object call(Expression.Call call, Scope scope) {
        Object function = value(call.function(), scope);
        if (!(function instanceof Callable callable)) {
            throw new ChatTemplateException("%s cannot be called".formatted(describe(call.function(), function)));
        }
        try {
            return callable.call(positional(call.arguments(), scope), named(call.arguments(), scope));
        } catch (IndexOutOfBoundsException e) {
            throw new ChatTemplateException(
                    "%s is called with too few arguments".formatted(describe(call.function(), function)), e);
        }
    }

    private static String describe(Expression expression, Object value) {
        if (expression instanceof Expression.Attribute attribute) {
            return "the method " + attribute.name();
        }
        return expression instanceof Expression.Name name ? "the function " + name.name() : kind(value);
    }

    private List<Object> positional(List<Argument> arguments, Scope scope) {
        List<Object> values = new ArrayList<>();
        arguments.stream().filter(a -> a.name().isEmpty()).forEach(a -> values.add(value(a.value(), scope)));
        return values;
    }

    private Map<String, Object> named(List<Argument> arguments, Scope scope) {
        Map<String, Object> values = new LinkedHashMap<>();
        arguments.forEach(a -> a.name().ifPresent(name -> values.put(name, value(a.value(), scope))));
        return values;
    }

    private static String bounded(String text) {
        if (text.length() > LONGEST_TEXT) {
            throw new ChatTemplateException("a text of more than %d characters".formatted(LONGEST_TEXT));
        }
        return text;
    }
}
