package io.counterflow.scorer.unittests.judge;

import java.util.Map;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** Makes the tests' reads and writes of the program's fields calls to it, and their {@code System.exit} an end of the test alone. */
final class TestsRewriter extends ClassVisitor {

    private static final String BRIDGE = Type.getInternalName(Bridge.class);

    private final Map<String, ClassFacts> program;
    private String className = "";

    private TestsRewriter(ClassVisitor next, Map<String, ClassFacts> program) {
        super(Opcodes.ASM9, next);
        this.program = program;
    }

    static byte[] rewrite(byte[] code, Map<String, ClassFacts> program) {
        ClassReader reader = new ClassReader(code);
        ClassWriter writer = new ClassWriter(reader, ClassWriter.COMPUTE_MAXS);
        reader.accept(new TestsRewriter(writer, program), 0);
        return writer.toByteArray();
    }

    @Override
    public void visit(int version, int access, String name, String signature, String superName, String[] interfaces) {
        className = name;
        super.visit(version, access, name, signature, superName, interfaces);
    }

    @Override
    public MethodVisitor visitMethod(
            int access, String name, String descriptor, String signature, String[] exceptions) {
        return new MethodVisitor(Opcodes.ASM9, super.visitMethod(access, name, descriptor, signature, exceptions)) {
            @Override
            public void visitFieldInsn(int opcode, String owner, String field, String type) {
                String declaring = declaring(owner, field);
                if (declaring == null) {
                    super.visitFieldInsn(opcode, owner, field, type);
                } else if (opcode == Opcodes.GETFIELD || opcode == Opcodes.GETSTATIC) {
                    if (opcode == Opcodes.GETSTATIC) {
                        super.visitInsn(Opcodes.ACONST_NULL);
                    }
                    super.visitLdcInsn(Type.getObjectType(declaring));
                    super.visitLdcInsn(field);
                    super.visitMethodInsn(
                            Opcodes.INVOKESTATIC,
                            BRIDGE,
                            "get",
                            "(Ljava/lang/Object;Ljava/lang/Class;Ljava/lang/String;)Ljava/lang/Object;",
                            false);
                    Boxes.unbox(mv, Type.getType(type));
                } else {
                    Boxes.box(mv, Type.getType(type));
                    if (opcode == Opcodes.PUTSTATIC) {
                        super.visitInsn(Opcodes.ACONST_NULL);
                        super.visitInsn(Opcodes.SWAP);
                    }
                    super.visitLdcInsn(Type.getObjectType(declaring));
                    super.visitLdcInsn(field);
                    super.visitMethodInsn(
                            Opcodes.INVOKESTATIC,
                            BRIDGE,
                            "set",
                            "(Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/Class;Ljava/lang/String;)V",
                            false);
                }
            }

            @Override
            public void visitMethodInsn(int opcode, String owner, String method, String type, boolean isInterface) {
                if (owner.equals("java/lang/Thread") && method.equals("onSpinWait")) {
                    super.visitLdcInsn(Type.getObjectType(className));
                    super.visitMethodInsn(Opcodes.INVOKESTATIC, BRIDGE, "reached", "(Ljava/lang/Class;)V", false);
                } else if (owner.equals("java/lang/System") && method.equals("exit")) {
                    super.visitMethodInsn(Opcodes.INVOKESTATIC, BRIDGE, "exit", "(I)V", false);
                } else {
                    super.visitMethodInsn(opcode, owner, method, type, isInterface);
                }
            }
        };
    }

    /** The class of the program that declares a field that is there and not here; null when none does. */
    private String declaring(String owner, String field) {
        for (ClassFacts at = program.get(owner); at != null; at = program.get(at.superName())) {
            if (at.fields().contains(field)) {
                return at.constantFields().contains(field) ? null : at.name();
            }
        }
        return null;
    }
}
