package io.counterflow.scorer.unittests.judge;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.FieldVisitor;
import org.objectweb.asm.Handle;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.RecordComponentVisitor;

/**
 * What a class file of the program says of its class.
 *
 * @param access its flags
 * @param name its internal name
 * @param superName internal name of what it extends
 * @param constants names of its constants, if it is an enum
 * @param components names and descriptors of its components, in order, if it is a record
 * @param fields names of the fields that it declares
 * @param constantFields those of them that are a constant of an enum or the component of a record
 * @param generated {@code name + descriptor} of the members that the compiler made of a record's header
 * @param methods {@code name + descriptor} of all methods
 */
record ClassFacts(
        int access,
        String name,
        String superName,
        List<String> constants,
        List<String[]> components,
        Set<String> fields,
        Set<String> constantFields,
        Set<String> generated,
        Set<String> methods) {

    static ClassFacts of(byte[] code) {
        ClassReader reader = new ClassReader(code);
        ClassFacts facts = new ClassFacts(
                reader.getAccess(),
                reader.getClassName(),
                reader.getSuperName(),
                new ArrayList<>(),
                new ArrayList<>(),
                new HashSet<>(),
                new HashSet<>(),
                new HashSet<>(),
                new HashSet<>());
        reader.accept(facts.new Collector(), ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
        return facts;
    }

    boolean is(int flag) {
        return (access & flag) != 0;
    }

    boolean record() {
        return "java/lang/Record".equals(superName);
    }

    /** Descriptor of the constructor that a record's header makes. */
    String canonical() {
        StringBuilder descriptor = new StringBuilder("(");
        components.forEach(c -> descriptor.append(c[1]));
        return descriptor.append(")V").toString();
    }

    private final class Collector extends ClassVisitor {

        Collector() {
            super(Opcodes.ASM9);
        }

        @Override
        public FieldVisitor visitField(int flags, String field, String descriptor, String signature, Object value) {
            fields.add(field);
            if ((flags & Opcodes.ACC_ENUM) != 0) {
                constants.add(field);
                constantFields.add(field);
            }
            return null;
        }

        @Override
        public RecordComponentVisitor visitRecordComponent(String component, String descriptor, String signature) {
            components.add(new String[] {component, descriptor});
            constantFields.add(component);
            return null;
        }

        @Override
        public MethodVisitor visitMethod(
                int flags, String method, String descriptor, String signature, String[] exceptions) {
            methods.add(method + descriptor);
            return record() ? new GeneratedCode(method, descriptor) : null;
        }
    }

    /** Sees whether a method of a record is what the compiler makes of its header: loads, its own fields, and nothing else. */
    private final class GeneratedCode extends MethodVisitor {

        private final String method;
        private final String descriptor;
        private boolean other;
        private boolean objectMethods;

        GeneratedCode(String method, String descriptor) {
            super(Opcodes.ASM9);
            this.method = method;
            this.descriptor = descriptor;
        }

        private final List<String> order = new ArrayList<>();

        @Override
        public void visitInsn(int opcode) {
            other |= opcode < Opcodes.IRETURN || opcode > Opcodes.RETURN;
        }

        @Override
        public void visitFieldInsn(int opcode, String owner, String field, String type) {
            other |= !owner.equals(name);
            order.add(field);
        }

        @Override
        public void visitMethodInsn(int opcode, String owner, String called, String type, boolean isInterface) {
            other |= !owner.equals("java/lang/Record") || !called.equals("<init>");
        }

        @Override
        public void visitInvokeDynamicInsn(String called, String type, Handle bootstrap, Object... arguments) {
            objectMethods |= bootstrap.getOwner().equals("java/lang/runtime/ObjectMethods");
            other |= !objectMethods;
        }

        @Override
        public void visitIntInsn(int opcode, int operand) {
            other = true;
        }

        @Override
        public void visitTypeInsn(int opcode, String type) {
            other = true;
        }

        @Override
        public void visitLdcInsn(Object value) {
            other = true;
        }

        @Override
        public void visitIincInsn(int variable, int increment) {
            other = true;
        }

        @Override
        public void visitJumpInsn(int opcode, org.objectweb.asm.Label label) {
            other = true;
        }

        @Override
        public void visitMultiANewArrayInsn(String type, int dimensions) {
            other = true;
        }

        @Override
        public void visitEnd() {
            List<String> names = components.stream().map(c -> c[0]).toList();
            boolean canonical = method.equals("<init>") && descriptor.equals(canonical()) && order.equals(names);
            boolean accessor = descriptor.startsWith("()") && order.equals(List.of(method));
            boolean ofObject = Set.of("equals", "hashCode", "toString").contains(method) && objectMethods;
            if (!other && (canonical || accessor || ofObject)) {
                generated.add(method + descriptor);
            }
        }
    }
}
