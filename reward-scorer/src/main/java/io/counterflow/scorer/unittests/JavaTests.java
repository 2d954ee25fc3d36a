package io.counterflow.scorer.unittests;

/** Java tests as one source text. */
final class JavaTests {

    private JavaTests() {}

    /** The text; statements become methods of a class, each a test of its own. */
    static String text(Tests.Code tests) {
        if (tests instanceof Tests.Source source) {
            return source.text();
        }
        Tests.Statements statements = (Tests.Statements) tests;
        StringBuilder text = new StringBuilder(statements.setup()).append("\nclass StatementTests {\n");
        int number = 0;
        for (String statement : statements.statements()) {
            String end = statement.strip().endsWith(";") || statement.strip().endsWith("}") ? "" : ";";
            text.append("static void test").append(++number).append("() throws Throwable {\n");
            text.append(statement).append(end).append("\n}\n");
        }
        return text.append("}\n").toString();
    }
}
