package io.counterflow.scorer.unittests.judge;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.FieldVisitor;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * Makes the stub of a class: the same name, the same signatures, and no code of the program. Methods and constructors are calls to
 * the program; an enum's constants and a record's components are here, with the methods that the compiler makes of them.
 */
final class StubWriter extends ClassVisitor {

    /**
     * Methods by which one value is held against another. A class that neither the task nor the tests name may not bring its own: a
     * test that expects a value of the JDK would ask it whether it is the right one.
     */
    private static final Set<String> COMPARISONS = Set.of(
            "compareTo",
            "compareToIgnoreCase",
            "equalsIgnoreCase",
            "contentEquals",
            "regionMatches",
            "matches",
            "contains",
            "containsAll",
            "containsKey",
            "containsValue",
            "startsWith",
            "endsWith",
            "indexOf",
            "lastIndexOf",
            "anyMatch",
            "allMatch",
            "noneMatch",
            "deepEquals",
            "isEqual");

    private final ClassFacts facts;
    private final boolean named;
    private final StubCode code;
    private final ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);

    private StubWriter(ClassFacts facts, Map<String, ClassFacts> all, boolean named) {
        super(Opcodes.ASM9);
        this.facts = facts;
        this.named = named;
        this.code = new StubCode(writer, facts, all.containsKey(facts.superName()));
        this.cv = writer;
    }

    /**
     * The stub of a class.
     *
     * @param program all of the program's classes, by internal name
     * @param named whether the task or the tests name the class
     */
    static byte[] stub(byte[] original, Map<String, ClassFacts> program, boolean named) {
        ClassReader reader = new ClassReader(original);
        StubWriter stub = new StubWriter(program.get(reader.getClassName()), program, named);
        reader.accept(stub, ClassReader.SKIP_CODE | ClassReader.SKIP_DEBUG);
        return stub.writer.toByteArray();
    }

    @Override
    public void visit(int version, int access, String name, String signature, String superName, String[] interfaces) {
        String[] more = interfaces;
        if (code.isRoot()) {
            more = java.util.Arrays.copyOf(interfaces, interfaces.length + 1);
            more[interfaces.length] = StubCode.STUB;
        }
        // An enum with abstract methods has its constants here, which are of the enum itself.
        int flags = facts.is(Opcodes.ACC_ENUM) ? access & ~(Opcodes.ACC_ABSTRACT) : access;
        super.visit(version, flags, name, signature, superName, more);
    }

    @Override
    public void visitNestHost(String host) {}

    @Override
    public void visitNestMember(String member) {}

    @Override
    public void visitPermittedSubclass(String subclass) {
        if (!facts.is(Opcodes.ACC_ENUM)) {
            super.visitPermittedSubclass(subclass);
        }
    }

    @Override
    public FieldVisitor visitField(int access, String name, String descriptor, String signature, Object value) {
        boolean kept =
                (access & Opcodes.ACC_PRIVATE) == 0 || facts.constantFields().contains(name);
        return kept ? super.visitField(access, name, descriptor, signature, value) : null;
    }

    @Override
    public MethodVisitor visitMethod(
            int access, String name, String descriptor, String signature, String[] exceptions) {
        boolean constructor = name.equals("<init>");
        if (name.equals("<clinit>")
                || (access & Opcodes.ACC_PRIVATE) != 0
                || facts.is(Opcodes.ACC_ENUM) && (constructor || name.equals("values") || name.equals("valueOf"))
                || !named && COMPARISONS.contains(name) && !descriptor.startsWith("()")) {
            return null;
        }
        int flags = access & ~(Opcodes.ACC_NATIVE | Opcodes.ACC_SYNCHRONIZED | Opcodes.ACC_STRICT);
        if (facts.is(Opcodes.ACC_ENUM)) {
            flags &= ~Opcodes.ACC_ABSTRACT;
        }
        MethodVisitor method = super.visitMethod(flags, name, descriptor, signature, exceptions);
        if ((flags & Opcodes.ACC_ABSTRACT) != 0) {
            return method;
        }
        method.visitCode();
        if (facts.generated().contains(name + descriptor)) {
            code.generated(method, name, descriptor);
        } else if (constructor) {
            code.constructor(method, descriptor);
        } else if (name.equals("equals") && descriptor.equals("(Ljava/lang/Object;)Z")) {
            code.equality(method, facts.name().replace('/', '.'));
        } else {
            code.call(method, facts.name().replace('/', '.'), (flags & Opcodes.ACC_STATIC) != 0, name, descriptor);
        }
        method.visitMaxs(0, 0);
        method.visitEnd();
        return null;
    }

    @Override
    public void visitEnd() {
        if (facts.is(Opcodes.ACC_ENUM)) {
            code.enumConstants();
        } else if (facts.record()) {
            code.recordConstructor();
        } else if (!facts.is(Opcodes.ACC_INTERFACE)) {
            code.handleConstructor();
            if (code.isRoot() && !facts.superName().equals("java/lang/Object") && !code.isThrowable()) {
                inherited();
            }
        }
        super.visitEnd();
    }

    /** The methods of a JDK class that the program extends: they work on the program's object too. */
    private void inherited() {
        Class<?> parent = StubCode.platformClass(facts.superName());
        Set<String> done = new HashSet<>(facts.methods());
        for (Method method : parent.getMethods()) {
            String descriptor = Type.getMethodDescriptor(method);
            boolean closed = (method.getModifiers() & (Modifier.STATIC | Modifier.FINAL)) != 0;
            if (closed
                    || method.getDeclaringClass() == Object.class
                    || !named && COMPARISONS.contains(method.getName()) && method.getParameterCount() > 0
                    || !done.add(method.getName() + descriptor)) {
                continue;
            }
            MethodVisitor visitor = writer.visitMethod(Opcodes.ACC_PUBLIC, method.getName(), descriptor, null, null);
            visitor.visitCode();
            String owner = method.getDeclaringClass().getName();
            if (method.getName().equals("equals") && descriptor.equals("(Ljava/lang/Object;)Z")) {
                code.equality(visitor, owner);
            } else {
                code.call(visitor, owner, false, method.getName(), descriptor);
            }
            visitor.visitMaxs(0, 0);
            visitor.visitEnd();
        }
    }
}
