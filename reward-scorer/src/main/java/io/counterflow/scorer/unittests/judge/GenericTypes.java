package io.counterflow.scorer.unittests.judge;

import java.util.ArrayList;
import java.util.List;

/** Types as generic signatures spell them, such as {@code Ljava/util/List<Ljava/lang/Long;>;}. */
final class GenericTypes {

    private GenericTypes() {}

    /** The types of a method's parameters; those that are variables begin with T. */
    static List<String> parameters(String signature) {
        int open = signature.indexOf('(');
        return types(signature.substring(open + 1, signature.indexOf(')', open)));
    }

    /** The internal name of a class without its arguments. */
    static String raw(String type) {
        int end = type.indexOf('<');
        return type.startsWith("L") ? type.substring(1, end < 0 ? type.length() - 1 : end) : "java/lang/Object";
    }

    /** The arguments of a type; of a wildcard its bound. */
    static List<String> arguments(String type) {
        int open = type.indexOf('<');
        return open < 0 ? List.of() : types(type.substring(open + 1, type.lastIndexOf('>')));
    }

    private static List<String> types(String text) {
        List<String> types = new ArrayList<>();
        int start = 0;
        for (int at = 0; at < text.length(); ) {
            char c = text.charAt(at);
            if (c == '[') {
                at++;
                continue;
            }
            if (c == '+' || c == '-') {
                at++;
                start = at;
                continue;
            }
            if (c == '*') {
                types.add("Ljava/lang/Object;");
                start = ++at;
                continue;
            }
            int depth = 0;
            if (c == 'L' || c == 'T') {
                while (depth > 0 || text.charAt(at) != ';') {
                    depth += text.charAt(at) == '<' ? 1 : text.charAt(at) == '>' ? -1 : 0;
                    at++;
                }
            }
            at++;
            types.add(text.substring(start, at));
            start = at;
        }
        return types;
    }
}
