package io.counterflow.model.tokenizer.chat;

import static io.counterflow.model.tokenizer.chat.PythonValues.isTrue;

import io.counterflow.model.tokenizer.MarkedTokens;
import io.counterflow.model.tokenizer.chat.Statement.Branch;
import io.counterflow.model.tokenizer.chat.Statement.Parameter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Carries out the statements of a template. For one rendering. */
final class Renderer {
    private static final int LONGEST_OUTPUT = 64 << 20;
    private static final int DEEPEST_CALL = 100;
    private static final String CALLER = "caller";
    private static final String MORE = "varargs";
    private static final String MORE_NAMED = "kwargs";

    /** How a list of statements ended. */
    private enum Flow {
        ON,
        BREAK,
        CONTINUE
    }

    private final Evaluator evaluator = new Evaluator();
    private final StringBuilder whole = new StringBuilder();
    private final List<MarkedTokens.Part> said = new ArrayList<>();
    private int callDepth;

    /** The whole template. What a macro or a block that is caught says is not marked: where it will stand is not known. */
    Spelled spell(List<Statement> statements, Scope scope) {
        run(statements, scope, whole);
        return new Spelled(whole.toString(), said);
    }

    private String render(List<Statement> statements, Scope scope) {
        StringBuilder out = new StringBuilder();
        run(statements, scope, out);
        return out.toString();
    }

    private Flow run(List<Statement> statements, Scope scope, StringBuilder out) {
        for (Statement statement : statements) {
            Flow flow = run(statement, scope, out);
            if (flow != Flow.ON) {
                return flow;
            }
            if (out.length() > LONGEST_OUTPUT) {
                throw new ChatTemplateException(
                        "the template writes more than %d characters".formatted(LONGEST_OUTPUT));
            }
        }
        return Flow.ON;
    }

    private Flow run(Statement statement, Scope scope, StringBuilder out) {
        if (statement instanceof Statement.Text text) {
            out.append(text.text());
        } else if (statement instanceof Statement.Output output) {
            out.append(located(output.line(), () -> PythonValues.text(evaluator.value(output.value(), scope))));
        } else if (statement instanceof Statement.If branches) {
            return branch(branches, scope, out);
        } else if (statement instanceof Statement.For loop) {
            loop(loop, value(loop.iterable(), scope, loop.line()), scope, out, 1);
        } else if (statement instanceof Statement.Set set) {
            assign(set.names(), value(set.value(), scope, set.line()), scope, set.line());
        } else if (statement instanceof Statement.SetAttribute set) {
            if (!(scope.get(set.object()) instanceof Namespace namespace)) {
                throw new ChatTemplateException("line %d: %s is no namespace, so its %s cannot be set"
                        .formatted(set.line(), set.object(), set.name()));
            }
            namespace.attributes().put(set.name(), value(set.value(), scope, set.line()));
        } else if (statement instanceof Statement.SetBlock set) {
            scope.set(set.name(), made(set.name(), set.value(), set.body(), scope, set.line()));
        } else if (statement instanceof Statement.FilterBlock filter) {
            out.append(PythonValues.text(made(filter.name(), filter.value(), filter.body(), scope, filter.line())));
        } else if (statement instanceof Statement.With with) {
            Scope inner = new Scope(scope);
            for (int i = 0; i < with.names().size(); i++) {
                inner.set(with.names().get(i), value(with.values().get(i), scope, with.line()));
            }
            return run(with.body(), inner, out);
        } else if (statement instanceof Statement.CallBlock call) {
            call(call, scope, out);
        } else if (statement instanceof Statement.Macro macro) {
            scope.set(macro.name(), macro(macro, scope));
        } else if (statement instanceof Statement.Jump jump) {
            return jump.leaves() ? Flow.BREAK : Flow.CONTINUE;
        } else if (statement instanceof Statement.Block block) {
            return run(block.body(), scope, out);
        } else if (statement instanceof Statement.Generation generation) {
            int from = out.length();
            Flow flow = run(generation.body(), scope, out);
            if (out == whole) {
                said.add(new MarkedTokens.Part(from, out.length()));
            }
            return flow;
        }
        return Flow.ON;
    }

    /** What an expression makes of a body, which has a name in it. */
    private Object made(String name, Expression expression, List<Statement> body, Scope scope, int line) {
        Scope inner = new Scope(scope);
        inner.set(name, render(body, new Scope(scope)));
        return value(expression, inner, line);
    }

    private void call(Statement.CallBlock block, Scope scope, StringBuilder out) {
        Scope calling = new Scope(scope);
        calling.set(CALLER, (Callable) (arguments, named) -> {
            Scope inner = new Scope(scope);
            for (int i = 0; i < block.parameters().size(); i++) {
                inner.set(block.parameters().get(i), arguments.get(i));
            }
            return render(block.body(), inner);
        });
        List<Expression.Argument> arguments = new ArrayList<>(block.call().arguments());
        arguments.add(new Expression.Argument(Optional.of(CALLER), new Expression.Name(CALLER)));
        out.append(PythonValues.text(
                value(new Expression.Call(block.call().function(), arguments), calling, block.line())));
    }

    private Object value(Expression expression, Scope scope, int line) {
        return located(line, () -> evaluator.value(expression, scope));
    }

    private static <T> T located(int line, Supplier<T> computation) {
        try {
            return computation.get();
        } catch (ChatTemplateException e) {
            throw e.getMessage().startsWith("line ") || e.getMessage().startsWith("the template ")
                    ? e
                    : new ChatTemplateException("line %d: %s".formatted(line, e.getMessage()), e);
        } catch (ClassCastException | NumberFormatException | IndexOutOfBoundsException e) {
            throw new ChatTemplateException("line %d: a value of the wrong kind".formatted(line), e);
        }
    }

    private Flow branch(Statement.If branches, Scope scope, StringBuilder out) {
        for (Branch branch : branches.branches()) {
            if (isTrue(value(branch.condition(), scope, branches.line()))) {
                return run(branch.body(), scope, out);
            }
        }
        return run(branches.otherwise(), scope, out);
    }

    /** @param depth 1, and more for each call of a recursive loop within itself */
    private void loop(Statement.For loop, Object iterable, Scope scope, StringBuilder out, int depth) {
        if (depth > DEEPEST_CALL) {
            throw new ChatTemplateException("the template calls loops more than %d deep".formatted(DEEPEST_CALL));
        }
        Callable again = (a, n) -> {
            if (!loop.recursive()) {
                throw new ChatTemplateException("a loop that is not recursive cannot be called");
            }
            StringBuilder inner = new StringBuilder();
            loop(loop, a.get(0), scope, inner, depth + 1);
            return inner.toString();
        };
        List<Object> changing = new ArrayList<>();
        List<Object> elements = new ArrayList<>();
        for (Object element : PythonValues.elements(iterable)) {
            evaluator.step();
            Scope inner = new Scope(scope);
            assign(loop.names(), element, inner, loop.line());
            if (loop.condition().isEmpty() || isTrue(value(loop.condition().get(), inner, loop.line()))) {
                elements.add(element);
            }
        }
        if (elements.isEmpty()) {
            run(loop.otherwise(), scope, out);
        }
        for (int i = 0; i < elements.size(); i++) {
            Scope inner = new Scope(scope);
            assign(loop.names(), elements.get(i), inner, loop.line());
            Map<String, Object> state = state(elements, i);
            state.put("depth", (long) depth);
            state.put("depth0", depth - 1L);
            state.put("changed", (Callable) (a, n) -> {
                // Lists, so that equality is Python's.
                boolean changed = changing.isEmpty() || !PythonValues.equal(changing.get(0), new ArrayList<>(a));
                changing.clear();
                changing.add(new ArrayList<>(a));
                return changed;
            });
            inner.set("loop", new Loop(state, again));
            if (run(loop.body(), inner, out) == Flow.BREAK) {
                break;
            }
        }
    }

    private static Map<String, Object> state(List<Object> elements, int i) {
        Map<String, Object> state = new HashMap<>();
        long size = elements.size();
        state.put("index", i + 1L);
        state.put("index0", (long) i);
        state.put("revindex", size - i);
        state.put("revindex0", size - i - 1);
        state.put("first", i == 0);
        state.put("last", i == size - 1);
        state.put("length", size);
        state.put("previtem", i > 0 ? elements.get(i - 1) : new Undefined("previtem"));
        state.put("nextitem", i < size - 1 ? elements.get(i + 1) : new Undefined("nextitem"));
        state.put("cycle", (Callable) (a, n) -> a.get(i % a.size()));
        return state;
    }

    private static void assign(List<String> names, Object value, Scope scope, int line) {
        if (names.size() == 1) {
            scope.set(names.get(0), value);
            return;
        }
        List<Object> parts = PythonValues.elements(value);
        if (parts.size() != names.size()) {
            throw new ChatTemplateException(
                    "line %d: %d values for %d names".formatted(line, parts.size(), names.size()));
        }
        for (int i = 0; i < parts.size(); i++) {
            scope.set(names.get(i), parts.get(i));
        }
    }

    private Callable macro(Statement.Macro macro, Scope defining) {
        return (arguments, named) -> {
            if (++callDepth > DEEPEST_CALL) {
                throw new ChatTemplateException("the template calls macros more than %d deep".formatted(DEEPEST_CALL));
            }
            List<String> names =
                    macro.parameters().stream().map(Parameter::name).toList();
            Map<String, Object> others = new LinkedHashMap<>(named);
            names.forEach(others::remove);
            others.remove(CALLER);
            if (arguments.size() > names.size() && !macro.takes().contains(MORE)
                    || !others.isEmpty() && !macro.takes().contains(MORE_NAMED)) {
                throw new ChatTemplateException("the macro %s takes these arguments alone: %s"
                        .formatted(macro.name(), String.join(", ", names)));
            }
            Scope scope = new Scope(defining);
            scope.set(CALLER, named.getOrDefault(CALLER, new Undefined(CALLER)));
            scope.set(MORE, new Tuple(arguments.subList(Math.min(names.size(), arguments.size()), arguments.size())));
            scope.set(MORE_NAMED, others);
            for (int i = 0; i < macro.parameters().size(); i++) {
                Parameter parameter = macro.parameters().get(i);
                if (i < arguments.size()) {
                    scope.set(parameter.name(), arguments.get(i));
                } else if (named.containsKey(parameter.name())) {
                    scope.set(parameter.name(), named.get(parameter.name()));
                } else {
                    scope.set(
                            parameter.name(),
                            parameter.fallback().isPresent()
                                    ? value(parameter.fallback().get(), scope, macro.line())
                                    : new Undefined(parameter.name()));
                }
            }
            String text = render(macro.body(), scope);
            callDepth--;
            return text;
        };
    }
}
