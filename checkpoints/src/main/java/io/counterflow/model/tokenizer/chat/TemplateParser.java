package io.counterflow.model.tokenizer.chat;

import io.counterflow.model.tokenizer.chat.Statement.Branch;
import io.counterflow.model.tokenizer.chat.Statement.Parameter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Parses the tags of a template into statements. For one template. */
final class TemplateParser {
    private static final int DEEPEST = 100;

    private final List<Segment> segments;
    private int position;
    private int depth;
    private final Set<String> blocks = new HashSet<>();

    private TemplateParser(List<Segment> segments) {
        this.segments = segments;
    }

    static List<Statement> parse(String template) {
        TemplateParser parser = new TemplateParser(Segment.divide(template));
        List<Statement> statements = parser.body();
        if (parser.position < parser.segments.size()) {
            Segment left = parser.segments.get(parser.position);
            throw new ChatTemplateException(
                    "line %d: {%% %s %%} closes nothing".formatted(left.line(), left.content()));
        }
        return statements;
    }

    /** Statements up to a tag that ends or continues the block around them. */
    private List<Statement> body() {
        if (++depth > DEEPEST) {
            throw new ChatTemplateException("blocks that are nested too deeply");
        }
        List<Statement> statements = new ArrayList<>();
        while (position < segments.size()) {
            Segment segment = segments.get(position);
            if (segment.kind() == Segment.Kind.BLOCK && isInner(keyword(segment))) {
                break;
            }
            position++;
            try {
                switch (segment.kind()) {
                    case TEXT -> statements.add(new Statement.Text(segment.content()));
                    case OUTPUT -> {
                        ExpressionParser code = new ExpressionParser(segment.content());
                        statements.add(new Statement.Output(code.expressions(), segment.line()));
                        code.end();
                    }
                    case BLOCK -> statements.add(statement(segment));
                }
            } catch (ChatTemplateException e) {
                throw e.getMessage().startsWith("line ")
                        ? e
                        : new ChatTemplateException("line %d: %s".formatted(segment.line(), e.getMessage()), e);
            }
        }
        depth--;
        return statements;
    }

    private static boolean isInner(String keyword) {
        return keyword.startsWith("end") || keyword.equals("elif") || keyword.equals("else");
    }

    private static String keyword(Segment segment) {
        return segment.content().split("[^\\w]", 2)[0];
    }

    private Statement statement(Segment segment) {
        ExpressionParser code = new ExpressionParser(segment.content());
        String keyword = code.name();
        return switch (keyword) {
            case "if" -> branches(code, segment);
            case "for" -> loop(code, segment);
            case "set" -> assignment(code, segment);
            case "macro" -> macro(code, segment);
            case "break", "continue" -> {
                code.end();
                yield new Statement.Jump(keyword.equals("break"));
            }
            // Marks what the assistant said; of no consequence for the text.
            case "generation" -> {
                List<Statement> body = body();
                close("endgeneration", segment);
                yield new Statement.Generation(body);
            }
            case "autoescape" -> {
                // On, it would escape what transformers does not.
                if (!code.name().equals("false") && !segment.content().endsWith("False")) {
                    throw new ChatTemplateException("{% autoescape %} is supported where it is false");
                }
                code.end();
                List<Statement> body = body();
                close("endautoescape", segment);
                yield new Statement.Block(body);
            }
            case "block" -> block(code, segment);
            case "filter" -> filter(segment);
            case "with" -> with(code, segment);
            case "call" -> call(code, segment);
            default -> throw new ChatTemplateException("the tag {%% %s %%} is not supported".formatted(keyword));
        };
    }

    /** A named part, which a template that extends this one could replace: none can, so it stands where it is written. */
    private Statement block(ExpressionParser code, Segment segment) {
        String name = code.name();
        boolean scoped = code.accept("scoped");
        code.end();
        if (!blocks.add(name)) {
            throw new ChatTemplateException("the block '%s' is there twice".formatted(name));
        }
        if (depth > 1 && !scoped) {
            // Such a block does not see the names of what is around it, which is hardly meant.
            throw new ChatTemplateException(
                    "{%% block %s %%} inside another tag is supported where it is scoped".formatted(name));
        }
        List<Statement> body = body();
        Segment end = inner(segment, "endblock");
        if (!end.content().matches("endblock(\\s+" + Pattern.quote(name) + ")?")) {
            throw new ChatTemplateException(
                    "line %d: {%% %s %%} where {%% endblock %%} was expected".formatted(end.line(), end.content()));
        }
        return new Statement.With(List.of(), List.of(), body, segment.line());
    }

    private Statement branches(ExpressionParser first, Segment segment) {
        List<Branch> branches = new ArrayList<>();
        List<Statement> otherwise = List.of();
        Expression condition = first.expressions();
        first.end();
        branches.add(new Branch(condition, body()));
        while (true) {
            Segment next = inner(segment, "endif");
            ExpressionParser code = new ExpressionParser(next.content());
            String keyword = code.name();
            if (keyword.equals("elif")) {
                Expression other = code.expressions();
                code.end();
                branches.add(new Branch(other, body()));
            } else if (keyword.equals("else")) {
                otherwise = body();
            } else if (keyword.equals("endif")) {
                return new Statement.If(branches, otherwise, segment.line());
            } else {
                throw new ChatTemplateException("{%% %s %%} inside {%% if %%}".formatted(keyword));
            }
        }
    }

    private Statement loop(ExpressionParser code, Segment segment) {
        boolean bracketed = code.accept("(");
        List<String> names = names(code);
        if (bracketed) {
            code.expect(")");
        }
        code.expect("in");
        Expression iterable = code.iterable();
        Optional<Expression> condition = code.accept("if") ? Optional.of(code.expression()) : Optional.empty();
        boolean recursive = code.accept("recursive");
        code.end();
        List<Statement> body = body();
        List<Statement> otherwise = List.of();
        if (keyword(inner(segment, "endfor")).equals("else")) {
            otherwise = body();
            close("endfor", segment);
        } else {
            position--;
            close("endfor", segment);
        }
        return new Statement.For(names, iterable, condition, body, otherwise, recursive, segment.line());
    }

    private Statement assignment(ExpressionParser code, Segment segment) {
        List<String> names = names(code);
        if (names.size() == 1 && code.accept(".")) {
            String attribute = code.name();
            code.expect("=");
            Expression value = code.expressions();
            code.end();
            return new Statement.SetAttribute(names.get(0), attribute, value, segment.line());
        }
        if (code.accept("=")) {
            Expression value = code.expressions();
            code.end();
            return new Statement.Set(names, value, segment.line());
        }
        String name = names.get(0);
        Expression value = new Expression.Name(name);
        if (code.peek().is("|")) {
            value = filtered(name, segment.content().substring(segment.content().indexOf('|')));
        } else {
            code.end();
        }
        List<Statement> body = body();
        close("endset", segment);
        return new Statement.SetBlock(name, value, body, segment.line());
    }

    /** @param filters with the bar before the first */
    private static Expression filtered(String name, String filters) {
        ExpressionParser parser = new ExpressionParser(name + " " + filters);
        Expression value = parser.expression();
        parser.end();
        return value;
    }

    private Statement filter(Segment segment) {
        String name = "body_of_line_" + segment.line();
        Expression value = filtered(name, "|" + segment.content().substring("filter".length()));
        List<Statement> body = body();
        close("endfilter", segment);
        return new Statement.FilterBlock(name, value, body, segment.line());
    }

    private Statement with(ExpressionParser code, Segment segment) {
        List<String> names = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!code.atEnd()) {
            if (!names.isEmpty()) {
                code.expect(",");
            }
            names.add(code.name());
            code.expect("=");
            values.add(code.expression());
        }
        List<Statement> body = body();
        close("endwith", segment);
        return new Statement.With(names, values, body, segment.line());
    }

    private Statement call(ExpressionParser code, Segment segment) {
        List<String> parameters = new ArrayList<>();
        if (code.accept("(")) {
            while (!code.accept(")")) {
                parameters.add(code.name());
                if (!code.peek().is(")")) {
                    code.expect(",");
                }
            }
        }
        Expression expression = code.expression();
        code.end();
        if (!(expression instanceof Expression.Call called)) {
            throw new ChatTemplateException("{% call %} without a call");
        }
        List<Statement> body = body();
        close("endcall", segment);
        return new Statement.CallBlock(called, parameters, body, segment.line());
    }

    private Statement macro(ExpressionParser code, Segment segment) {
        String name = code.name();
        code.expect("(");
        List<Parameter> parameters = new ArrayList<>();
        while (!code.accept(")")) {
            String parameter = code.name();
            parameters.add(
                    new Parameter(parameter, code.accept("=") ? Optional.of(code.expression()) : Optional.empty()));
            if (!code.peek().is(")")) {
                code.expect(",");
            }
        }
        code.end();
        int begin = position;
        List<Statement> body = body();
        Set<String> takes = new HashSet<>(Set.of("varargs", "kwargs"));
        takes.retainAll(Segment.words(segments.subList(begin, position)));
        close("endmacro", segment);
        return new Statement.Macro(name, parameters, takes, body, segment.line());
    }

    private static List<String> names(ExpressionParser code) {
        List<String> names = new ArrayList<>(List.of(code.name()));
        while (code.accept(",")) {
            names.add(code.name());
        }
        return names;
    }

    private Segment inner(Segment opening, String closing) {
        if (position >= segments.size()) {
            throw new ChatTemplateException(
                    "line %d: {%% %s %%} has no {%% %s %%}".formatted(opening.line(), keyword(opening), closing));
        }
        return segments.get(position++);
    }

    private void close(String keyword, Segment opening) {
        Segment closing = inner(opening, keyword);
        if (!keyword(closing).equals(keyword)) {
            throw new ChatTemplateException("line %d: {%% %s %%} where {%% %s %%} was expected"
                    .formatted(closing.line(), keyword(closing), keyword));
        }
    }
}
