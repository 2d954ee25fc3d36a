package io.counterflow.scorer.unittests.judge;

import io.counterflow.scorer.unittests.wire.Member;
import io.counterflow.scorer.unittests.wire.Operation;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** Calls the program as cases say, and hands its answers on; they are judged elsewhere. */
final class CaseCalls {

    private record Found(String owner, String name, String descriptor, String signature, boolean isStatic) {}

    private final HostLink host;
    private final List<Found> methods = new ArrayList<>();
    private final Set<String> bare = new java.util.HashSet<>();
    private final Map<String, byte[]> stubs = new TreeMap<>();

    CaseCalls(Unit program, HostLink host) {
        this.host = host;
        Map<String, ClassFacts> facts = new HashMap<>();
        program.classes().forEach((name, code) -> facts.put(name.replace('.', '/'), ClassFacts.of(code)));
        program.classes().forEach((name, code) -> {
            ClassFacts parent = facts.get(facts.get(name.replace('.', '/')).superName());
            if (parent == null || !parent.is(Opcodes.ACC_ENUM)) {
                stubs.put(name, StubWriter.stub(code, facts, true));
            }
            collect(name, code);
        });
    }

    private void collect(String owner, byte[] code) {
        new ClassReader(code)
                .accept(
                        new ClassVisitor(Opcodes.ASM9) {
                            @Override
                            public MethodVisitor visitMethod(
                                    int access, String name, String type, String signature, String[] thrown) {
                                if (name.equals("<init>")) {
                                    if (type.equals("()V")) {
                                        bare.add(owner);
                                    }
                                } else if ((access & (Opcodes.ACC_SYNTHETIC | Opcodes.ACC_ABSTRACT)) == 0) {
                                    boolean isStatic = (access & Opcodes.ACC_STATIC) != 0;
                                    methods.add(new Found(
                                            owner, name, type, signature == null ? type : signature, isStatic));
                                }
                                return null;
                            }
                        },
                        ClassReader.SKIP_CODE | ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
    }

    Trial trial() {
        return new Trial(stubs, Map.of(), java.util.Set.of(), host);
    }

    void run(Trial trial, byte form, int index, Object described) {
        long start = System.nanoTime();
        try {
            Object answer =
                    form == Messages.INPUTS ? main(trial, (String) described) : call(trial, (List<?>) described);
            boolean unordered = answer instanceof Set && !(answer instanceof java.util.SortedSet);
            Object plain = form == Messages.INPUTS ? null : PlainValues.of(answer);
            send(index, 0, plain, unordered, start, trial);
        } catch (Throwable e) {
            String type = e.getClass().getSimpleName();
            String message = e.getMessage();
            send(index, 1, type, message == null ? "" : HostLink.cut(message), start, trial);
        }
    }

    private void send(int index, int threw, Object first, Object second, long start, Trial trial) {
        String spoiled = trial.spoiled();
        host.send(Messages.ANSWER, out -> {
            out.writeInt(index);
            out.writeByte(spoiled.isEmpty() ? threw : 2);
            out.write(spoiled.isEmpty() ? first : spoiled);
            out.write(second);
            out.write(System.nanoTime() - start);
        });
    }

    private Object main(Trial trial, String input) throws Throwable {
        System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
        Found main = methods.stream()
                .filter(m -> m.name.equals("main") && m.isStatic && m.descriptor.equals("([Ljava/lang/String;)V"))
                .findFirst()
                .orElseThrow(() -> new NoSuchMethodException("there is no static main(String[])"));
        Member member = new Member(Operation.STATIC, main.owner, main.name, main.descriptor);
        return trial.call(member, null, new Object[] {new String[0]});
    }

    private Object call(Trial trial, List<?> described) throws Throwable {
        String function =
                ((String) described.get(0)).replaceAll("\\(.*?\\)", "").replaceFirst("^new ", "");
        List<?> arguments = (List<?>) described.get(1);
        int dot = function.lastIndexOf('.');
        String owner = dot < 0 ? "" : function.substring(0, dot);
        String name = function.substring(dot + 1);
        Optional<Found> found = methods.stream()
                .filter(m -> m.name.equals(name)
                        && Type.getArgumentTypes(m.descriptor).length == arguments.size()
                        && (owner.isEmpty() || m.owner.equals(owner) || m.owner.endsWith("." + owner))
                        && CaseArguments.fit(m.signature, m.descriptor, arguments))
                .findFirst();
        if (found.isEmpty()) {
            throw new NoSuchMethodException(
                    "there is no method " + function + " that takes " + arguments.size() + " such arguments");
        }
        Found method = found.get();
        Object[] values = CaseArguments.of(method.signature, method.descriptor, arguments);
        Object receiver = null;
        if (!method.isStatic) {
            if (!bare.contains(method.owner)) {
                throw new NoSuchMethodException(method.owner + " has no constructor without arguments");
            }
            receiver = trial.call(new Member(Operation.CONSTRUCT, method.owner, "", "()V"), null, new Object[0]);
        }
        Operation operation = method.isStatic ? Operation.STATIC : Operation.VIRTUAL;
        Object answer =
                trial.call(new Member(operation, method.owner, method.name, method.descriptor), receiver, values);
        // A method that returns nothing answers by what it made of its first argument.
        boolean inPlace = method.descriptor.endsWith(")V") && values.length > 0;
        return inPlace ? values[0] : answer;
    }
}
