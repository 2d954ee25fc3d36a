package io.counterflow.scorer.unittests.judge;

import com.sun.source.tree.AssertTree;
import com.sun.source.tree.BlockTree;
import com.sun.source.tree.CatchTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ConditionalExpressionTree;
import com.sun.source.tree.DoWhileLoopTree;
import com.sun.source.tree.EnhancedForLoopTree;
import com.sun.source.tree.ForLoopTree;
import com.sun.source.tree.IfTree;
import com.sun.source.tree.LambdaExpressionTree;
import com.sun.source.tree.MemberReferenceTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.StatementTree;
import com.sun.source.tree.SwitchExpressionTree;
import com.sun.source.tree.SwitchTree;
import com.sun.source.tree.ThrowTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.TryTree;
import com.sun.source.tree.WhileLoopTree;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Where a text of tests asserts: the statements that may throw by themselves, each as large as the body of a method, a callback or a
 * loop lets it be. Whether a body is run at all may be the program's decision: a list that it returns is empty, a callback is never called.
 *
 * @param sites by where a statement begins, where it ends, or -1 if it stands among others
 * @param asserting names of the methods that hold such statements, or call a method that does
 */
record AssertionSites(Map<Integer, Integer> sites, Set<String> asserting) {

    /** A call that does nothing, and that no test makes; {@link TestsRewriter} knows it. */
    private static final String MARK = "java.lang.Thread.onSpinWait(); ";

    static final AssertionSites NONE = new AssertionSites(Map.of(), Set.of());

    static AssertionSites of(CompilationUnitTree unit, SourcePositions positions) {
        Finder finder = new Finder(unit, positions);
        int throwing;
        do {
            throwing = finder.throwing.size();
            finder.scan(unit, null);
        } while (finder.throwing.size() > throwing);
        return new AssertionSites(finder.sites, finder.asserting());
    }

    /** The text with a mark before each site, lines where they were. */
    String mark(String text) {
        StringBuilder marked = new StringBuilder(text);
        TreeMap<Integer, String> added = new TreeMap<>();
        sites.forEach((start, end) -> {
            added.merge(start, (end < 0 ? "" : "{ ") + MARK, (inner, outer) -> inner + outer);
            if (end >= 0) {
                added.merge(end, " }", (a, b) -> b + a);
            }
        });
        added.descendingMap().forEach(marked::insert);
        return marked.toString();
    }

    private static final class Finder extends TreePathScanner<Void, Void> {

        private final CompilationUnitTree unit;
        private final SourcePositions positions;
        private final Map<Integer, Integer> sites = new TreeMap<>();
        private final Set<String> throwing = new HashSet<>();
        private final Set<String> direct = new LinkedHashSet<>();
        private final Map<String, Set<String>> calls = new HashMap<>();

        Finder(CompilationUnitTree unit, SourcePositions positions) {
            this.unit = unit;
            this.positions = positions;
        }

        @Override
        public Void visitThrow(ThrowTree node, Void nothing) {
            decisive(false);
            return super.visitThrow(node, nothing);
        }

        @Override
        public Void visitAssert(AssertTree node, Void nothing) {
            decisive(true);
            return super.visitAssert(node, nothing);
        }

        @Override
        public Void visitMethodInvocation(MethodInvocationTree node, Void nothing) {
            Tree called = node.getMethodSelect();
            String name = called instanceof MemberSelectTree member
                    ? member.getIdentifier().toString()
                    : called.toString();
            called(name);
            if (throwing.contains(name)) {
                decisive(false);
            }
            return super.visitMethodInvocation(node, nothing);
        }

        @Override
        public Void visitMemberReference(MemberReferenceTree node, Void nothing) {
            called(node.getName().toString());
            return super.visitMemberReference(node, nothing);
        }

        private void called(String name) {
            for (TreePath at = getCurrentPath(); at != null; at = at.getParentPath()) {
                if (at.getLeaf() instanceof MethodTree method) {
                    calls.computeIfAbsent(method.getName().toString(), n -> new HashSet<>())
                            .add(name);
                }
            }
        }

        /** Finds the statement in which what is here decides. */
        private void decisive(boolean always) {
            boolean conditional = always;
            TreePath site = null;
            for (TreePath at = getCurrentPath(); at != null; at = at.getParentPath()) {
                Tree tree = at.getLeaf();
                TreePath up = at.getParentPath();
                Tree parent = up == null ? null : up.getLeaf();
                if (tree instanceof CatchTree && parent instanceof TryTree whole && asserts(whole.getBlock())) {
                    // It only says again what went wrong there.
                    return;
                }
                conditional |= tree instanceof IfTree
                        || tree instanceof TryTree
                        || tree instanceof SwitchTree
                        || tree instanceof SwitchExpressionTree
                        || tree instanceof ConditionalExpressionTree;
                boolean body = tree == bodyOf(parent);
                if (tree instanceof StatementTree
                        && !(tree instanceof BlockTree)
                        && (parent instanceof BlockTree || body)) {
                    site = at;
                }
                boolean callback = tree instanceof LambdaExpressionTree;
                if (tree instanceof MethodTree
                        && up != null
                        && !(up.getParentPath().getLeaf() instanceof CompilationUnitTree)) {
                    callback = ((ClassTree) parent).getSimpleName().isEmpty();
                }
                if ((body || callback) && conditional && site != null) {
                    break;
                }
                if (tree instanceof MethodTree method && !callback) {
                    if (!conditional) {
                        throwing.add(method.getName().toString());
                        return;
                    }
                    break;
                }
                // Always, once a loop or a callback gets here: it is their own being run that decides.
                conditional |= body || callback;
            }
            if (site != null) {
                mark(site);
            }
        }

        private static boolean asserts(Tree block) {
            boolean[] found = new boolean[1];
            new com.sun.source.util.TreeScanner<Void, Void>() {
                @Override
                public Void visitThrow(ThrowTree node, Void nothing) {
                    found[0] = true;
                    return null;
                }

                @Override
                public Void visitAssert(AssertTree node, Void nothing) {
                    found[0] = true;
                    return null;
                }
            }.scan(block, null);
            return found[0];
        }

        private void mark(TreePath site) {
            Tree tree = site.getLeaf();
            int start = (int) positions.getStartPosition(unit, tree);
            int end = (int) positions.getEndPosition(unit, tree);
            boolean alone = tree == bodyOf(site.getParentPath().getLeaf());
            String text = tree.toString();
            if (start < 0 || end < 0 || text.startsWith("super(") || text.startsWith("this(")) {
                return;
            }
            sites.put(start, alone ? end : -1);
            for (TreePath at = site; at != null; at = at.getParentPath()) {
                if (at.getLeaf() instanceof MethodTree method) {
                    direct.add(method.getName().toString());
                }
            }
        }

        private static Tree bodyOf(Tree loop) {
            if (loop instanceof EnhancedForLoopTree each) {
                return each.getStatement();
            }
            if (loop instanceof ForLoopTree counted) {
                return counted.getStatement();
            }
            if (loop instanceof WhileLoopTree repeated) {
                return repeated.getStatement();
            }
            return loop instanceof DoWhileLoopTree repeated ? repeated.getStatement() : null;
        }

        Set<String> asserting() {
            Set<String> all = new LinkedHashSet<>(direct);
            List<String> more = new ArrayList<>(direct);
            while (!more.isEmpty()) {
                String name = more.remove(more.size() - 1);
                calls.forEach((caller, called) -> {
                    if (called.contains(name) && all.add(caller)) {
                        more.add(caller);
                    }
                });
            }
            return all;
        }
    }
}
