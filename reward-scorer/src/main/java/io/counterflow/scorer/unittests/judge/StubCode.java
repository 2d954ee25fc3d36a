package io.counterflow.scorer.unittests.judge;

import java.lang.reflect.Constructor;
import java.lang.reflect.Modifier;
import java.util.List;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** The code of a stub's methods. */
final class StubCode {

    static final String STUB = Type.getInternalName(Stub.class);

    private static final String BRIDGE = Type.getInternalName(Bridge.class);
    private static final String HANDLE = Type.getInternalName(Handle.class);
    private static final String FIELD = "counterflow$handle";
    private static final String INVOKE =
            "(Ljava/lang/Class;Ljava/lang/String;Ljava/lang/String;Ljava/lang/String;Ljava/lang/Object;[Ljava/lang/Object;)Ljava/lang/Object;";

    private final ClassWriter writer;
    private final ClassFacts facts;
    private final boolean extendsStub;

    StubCode(ClassWriter writer, ClassFacts facts, boolean extendsStub) {
        this.writer = writer;
        this.facts = facts;
        this.extendsStub = extendsStub;
    }

    /** Whether the stub keeps the handle itself. */
    boolean isRoot() {
        return !extendsStub && !facts.is(Opcodes.ACC_INTERFACE | Opcodes.ACC_ENUM) && !facts.record();
    }

    boolean isThrowable() {
        return Throwable.class.isAssignableFrom(platformClass(facts.superName()));
    }

    static Class<?> platformClass(String internalName) {
        try {
            return Class.forName(internalName.replace('/', '.'), false, ClassLoader.getPlatformClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException("no class " + internalName, e);
        }
    }

    private Type self() {
        return Type.getObjectType(facts.name());
    }

    void call(MethodVisitor method, String owner, boolean isStatic, String name, String descriptor) {
        method.visitLdcInsn(self());
        method.visitLdcInsn(owner);
        method.visitLdcInsn(name);
        method.visitLdcInsn(descriptor);
        if (isStatic) {
            method.visitInsn(Opcodes.ACONST_NULL);
        } else {
            method.visitVarInsn(Opcodes.ALOAD, 0);
        }
        pushArguments(method, descriptor, isStatic ? 0 : 1);
        method.visitMethodInsn(Opcodes.INVOKESTATIC, BRIDGE, "invoke", INVOKE, false);
        Type result = Type.getReturnType(descriptor);
        if (result.getSort() == Type.VOID) {
            method.visitInsn(Opcodes.POP);
        } else {
            Boxes.unbox(method, result);
        }
        method.visitInsn(result.getOpcode(Opcodes.IRETURN));
    }

    void equality(MethodVisitor method, String owner) {
        method.visitLdcInsn(self());
        method.visitLdcInsn(owner);
        method.visitVarInsn(Opcodes.ALOAD, 0);
        method.visitVarInsn(Opcodes.ALOAD, 1);
        method.visitMethodInsn(
                Opcodes.INVOKESTATIC,
                BRIDGE,
                "equal",
                "(Ljava/lang/Class;Ljava/lang/String;Ljava/lang/Object;Ljava/lang/Object;)Z",
                false);
        method.visitInsn(Opcodes.IRETURN);
    }

    private void pushArguments(MethodVisitor method, String descriptor, int first) {
        Type[] types = Type.getArgumentTypes(descriptor);
        method.visitIntInsn(Opcodes.SIPUSH, types.length);
        method.visitTypeInsn(Opcodes.ANEWARRAY, "java/lang/Object");
        int local = first;
        for (int i = 0; i < types.length; i++) {
            method.visitInsn(Opcodes.DUP);
            method.visitIntInsn(Opcodes.SIPUSH, i);
            method.visitVarInsn(types[i].getOpcode(Opcodes.ILOAD), local);
            Boxes.box(method, types[i]);
            method.visitInsn(Opcodes.AASTORE);
            local += types[i].getSize();
        }
    }

    /** A constructor that the tests call: makes the object there, then the stub here. */
    void constructor(MethodVisitor method, String descriptor) {
        method.visitVarInsn(Opcodes.ALOAD, 0);
        method.visitLdcInsn(self());
        method.visitLdcInsn(descriptor);
        pushArguments(method, descriptor, 1);
        String made = facts.record() ? "[Ljava/lang/Object;" : "L" + HANDLE + ";";
        method.visitMethodInsn(
                Opcodes.INVOKESTATIC,
                BRIDGE,
                facts.record() ? "constructRecord" : "construct",
                "(Ljava/lang/Class;Ljava/lang/String;[Ljava/lang/Object;)" + made,
                false);
        method.visitMethodInsn(Opcodes.INVOKESPECIAL, facts.name(), "<init>", "(" + made + ")V", false);
        method.visitInsn(Opcodes.RETURN);
    }

    /** A member that the compiler makes of a record's header. */
    void generated(MethodVisitor method, String name, String descriptor) {
        method.visitVarInsn(Opcodes.ALOAD, 0);
        switch (name) {
            case "<init>" -> {
                method.visitMethodInsn(Opcodes.INVOKESPECIAL, "java/lang/Record", "<init>", "()V", false);
                int local = 1;
                for (String[] component : facts.components()) {
                    Type type = Type.getType(component[1]);
                    method.visitVarInsn(Opcodes.ALOAD, 0);
                    method.visitVarInsn(type.getOpcode(Opcodes.ILOAD), local);
                    method.visitFieldInsn(Opcodes.PUTFIELD, facts.name(), component[0], component[1]);
                    local += type.getSize();
                }
                method.visitInsn(Opcodes.RETURN);
            }
            case "equals" -> {
                method.visitVarInsn(Opcodes.ALOAD, 1);
                method.visitMethodInsn(
                        Opcodes.INVOKESTATIC, BRIDGE, "recordEquals", "(Ljava/lang/Object;Ljava/lang/Object;)Z", false);
                method.visitInsn(Opcodes.IRETURN);
            }
            case "hashCode" -> {
                method.visitMethodInsn(Opcodes.INVOKESTATIC, BRIDGE, "recordHash", "(Ljava/lang/Object;)I", false);
                method.visitInsn(Opcodes.IRETURN);
            }
            case "toString" -> {
                method.visitMethodInsn(
                        Opcodes.INVOKESTATIC, BRIDGE, "recordText", "(Ljava/lang/Object;)Ljava/lang/String;", false);
                method.visitInsn(Opcodes.ARETURN);
            }
            default -> {
                Type type = Type.getReturnType(descriptor);
                method.visitFieldInsn(Opcodes.GETFIELD, facts.name(), name, type.getDescriptor());
                method.visitInsn(type.getOpcode(Opcodes.IRETURN));
            }
        }
    }

    /** The constructor by which arriving components become a record. */
    void recordConstructor() {
        MethodVisitor method =
                writer.visitMethod(Opcodes.ACC_SYNTHETIC, "<init>", "([Ljava/lang/Object;)V", null, null);
        method.visitCode();
        method.visitVarInsn(Opcodes.ALOAD, 0);
        method.visitMethodInsn(Opcodes.INVOKESPECIAL, "java/lang/Record", "<init>", "()V", false);
        List<String[]> components = facts.components();
        for (int i = 0; i < components.size(); i++) {
            method.visitVarInsn(Opcodes.ALOAD, 0);
            method.visitVarInsn(Opcodes.ALOAD, 1);
            method.visitIntInsn(Opcodes.SIPUSH, i);
            method.visitInsn(Opcodes.AALOAD);
            Boxes.unbox(method, Type.getType(components.get(i)[1]));
            method.visitFieldInsn(
                    Opcodes.PUTFIELD,
                    facts.name(),
                    components.get(i)[0],
                    components.get(i)[1]);
        }
        method.visitInsn(Opcodes.RETURN);
        method.visitMaxs(0, 0);
        method.visitEnd();
    }

    /** The constructor by which an arriving object becomes a stub. */
    void handleConstructor() {
        String descriptor = "(L" + HANDLE + ";)V";
        MethodVisitor method =
                writer.visitMethod(Opcodes.ACC_PUBLIC | Opcodes.ACC_SYNTHETIC, "<init>", descriptor, null, null);
        method.visitCode();
        method.visitVarInsn(Opcodes.ALOAD, 0);
        method.visitVarInsn(Opcodes.ALOAD, 1);
        if (!isRoot()) {
            method.visitMethodInsn(Opcodes.INVOKESPECIAL, facts.superName(), "<init>", descriptor, false);
        } else {
            // Before the JDK's constructor runs, which may call what is overridden.
            method.visitFieldInsn(Opcodes.PUTFIELD, facts.name(), FIELD, "L" + HANDLE + ";");
            superConstructor(method);
            writer.visitField(
                            Opcodes.ACC_PRIVATE | Opcodes.ACC_SYNTHETIC | Opcodes.ACC_TRANSIENT,
                            FIELD,
                            "L" + HANDLE + ";",
                            null,
                            null)
                    .visitEnd();
            method.visitVarInsn(Opcodes.ALOAD, 0);
            method.visitMethodInsn(Opcodes.INVOKESTATIC, BRIDGE, "made", "(L" + STUB + ";)V", false);
        }
        method.visitInsn(Opcodes.RETURN);
        method.visitMaxs(0, 0);
        method.visitEnd();
        if (isRoot()) {
            MethodVisitor getter = writer.visitMethod(
                    Opcodes.ACC_PUBLIC | Opcodes.ACC_SYNTHETIC, FIELD, "()L" + HANDLE + ";", null, null);
            getter.visitCode();
            getter.visitVarInsn(Opcodes.ALOAD, 0);
            getter.visitFieldInsn(Opcodes.GETFIELD, facts.name(), FIELD, "L" + HANDLE + ";");
            getter.visitInsn(Opcodes.ARETURN);
            getter.visitMaxs(0, 0);
            getter.visitEnd();
        }
    }

    private void superConstructor(MethodVisitor method) {
        Class<?> parent = platformClass(facts.superName());
        Constructor<?> best = null;
        for (Constructor<?> constructor : parent.getDeclaredConstructors()) {
            boolean reachable = (constructor.getModifiers() & (Modifier.PUBLIC | Modifier.PROTECTED)) != 0;
            boolean says = Throwable.class.isAssignableFrom(parent)
                    && constructor.getParameterCount() == 1
                    && constructor.getParameterTypes()[0] == String.class;
            if (reachable && (best == null || says || constructor.getParameterCount() < best.getParameterCount())) {
                best = constructor;
                if (says) {
                    break;
                }
            }
        }
        if (best == null) {
            throw new IllegalStateException("nothing can extend " + parent);
        }
        method.visitVarInsn(Opcodes.ALOAD, 0);
        for (Class<?> type : best.getParameterTypes()) {
            if (type == String.class && Throwable.class.isAssignableFrom(parent)) {
                method.visitVarInsn(Opcodes.ALOAD, 1);
                method.visitMethodInsn(Opcodes.INVOKEVIRTUAL, HANDLE, "message", "()Ljava/lang/String;", false);
            } else {
                Boxes.zero(method, Type.getType(type));
            }
        }
        method.visitMethodInsn(
                Opcodes.INVOKESPECIAL, facts.superName(), "<init>", Type.getConstructorDescriptor(best), false);
    }

    /** An enum's constants, which are here in the order of their declaration. */
    void enumConstants() {
        String array = "[" + self().getDescriptor();
        MethodVisitor constructor = writer.visitMethod(
                Opcodes.ACC_PRIVATE | Opcodes.ACC_SYNTHETIC, "<init>", "(Ljava/lang/String;I)V", null, null);
        constructor.visitCode();
        constructor.visitVarInsn(Opcodes.ALOAD, 0);
        constructor.visitVarInsn(Opcodes.ALOAD, 1);
        constructor.visitVarInsn(Opcodes.ILOAD, 2);
        constructor.visitMethodInsn(Opcodes.INVOKESPECIAL, "java/lang/Enum", "<init>", "(Ljava/lang/String;I)V", false);
        end(constructor, Opcodes.RETURN);

        writer.visitField(
                        Opcodes.ACC_PRIVATE | Opcodes.ACC_STATIC | Opcodes.ACC_SYNTHETIC, "$VALUES", array, null, null)
                .visitEnd();
        MethodVisitor start = writer.visitMethod(Opcodes.ACC_STATIC, "<clinit>", "()V", null, null);
        start.visitCode();
        List<String> names = facts.constants();
        start.visitIntInsn(Opcodes.SIPUSH, names.size());
        start.visitTypeInsn(Opcodes.ANEWARRAY, facts.name());
        for (int i = 0; i < names.size(); i++) {
            start.visitInsn(Opcodes.DUP);
            start.visitIntInsn(Opcodes.SIPUSH, i);
            start.visitTypeInsn(Opcodes.NEW, facts.name());
            start.visitInsn(Opcodes.DUP);
            start.visitLdcInsn(names.get(i));
            start.visitIntInsn(Opcodes.SIPUSH, i);
            start.visitMethodInsn(Opcodes.INVOKESPECIAL, facts.name(), "<init>", "(Ljava/lang/String;I)V", false);
            start.visitInsn(Opcodes.DUP);
            start.visitFieldInsn(Opcodes.PUTSTATIC, facts.name(), names.get(i), self().getDescriptor());
            start.visitInsn(Opcodes.AASTORE);
        }
        start.visitFieldInsn(Opcodes.PUTSTATIC, facts.name(), "$VALUES", array);
        end(start, Opcodes.RETURN);

        MethodVisitor values =
                writer.visitMethod(Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC, "values", "()" + array, null, null);
        values.visitCode();
        values.visitFieldInsn(Opcodes.GETSTATIC, facts.name(), "$VALUES", array);
        values.visitMethodInsn(Opcodes.INVOKEVIRTUAL, array, "clone", "()Ljava/lang/Object;", false);
        values.visitTypeInsn(Opcodes.CHECKCAST, array);
        end(values, Opcodes.ARETURN);

        MethodVisitor valueOf = writer.visitMethod(
                Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC,
                "valueOf",
                "(Ljava/lang/String;)" + self().getDescriptor(),
                null,
                null);
        valueOf.visitCode();
        valueOf.visitLdcInsn(self());
        valueOf.visitVarInsn(Opcodes.ALOAD, 0);
        valueOf.visitMethodInsn(
                Opcodes.INVOKESTATIC,
                "java/lang/Enum",
                "valueOf",
                "(Ljava/lang/Class;Ljava/lang/String;)Ljava/lang/Enum;",
                false);
        valueOf.visitTypeInsn(Opcodes.CHECKCAST, facts.name());
        end(valueOf, Opcodes.ARETURN);
    }

    private static void end(MethodVisitor method, int opcode) {
        method.visitInsn(opcode);
        method.visitMaxs(0, 0);
        method.visitEnd();
    }
}
