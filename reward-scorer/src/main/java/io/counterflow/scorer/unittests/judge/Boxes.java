package io.counterflow.scorer.unittests.judge;

import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** Code that turns primitive values into objects and back. */
final class Boxes {

    private Boxes() {}

    private static String box(Type type) {
        return switch (type.getSort()) {
            case Type.BOOLEAN -> "java/lang/Boolean";
            case Type.BYTE -> "java/lang/Byte";
            case Type.CHAR -> "java/lang/Character";
            case Type.SHORT -> "java/lang/Short";
            case Type.INT -> "java/lang/Integer";
            case Type.LONG -> "java/lang/Long";
            case Type.FLOAT -> "java/lang/Float";
            case Type.DOUBLE -> "java/lang/Double";
            default -> null;
        };
    }

    /** Makes an object of the value on the stack. */
    static void box(MethodVisitor method, Type type) {
        String box = box(type);
        if (box != null) {
            method.visitMethodInsn(
                    Opcodes.INVOKESTATIC, box, "valueOf", "(" + type.getDescriptor() + ")L" + box + ";", false);
        }
    }

    /** Makes a value of {@code type} of the object on the stack. */
    static void unbox(MethodVisitor method, Type type) {
        String box = box(type);
        if (box == null) {
            method.visitTypeInsn(Opcodes.CHECKCAST, type.getInternalName());
            return;
        }
        method.visitTypeInsn(Opcodes.CHECKCAST, box);
        method.visitMethodInsn(
                Opcodes.INVOKEVIRTUAL, box, type.getClassName() + "Value", "()" + type.getDescriptor(), false);
    }

    /** Puts a zero, false or null of {@code type} on the stack. */
    static void zero(MethodVisitor method, Type type) {
        switch (type.getSort()) {
            case Type.LONG -> method.visitInsn(Opcodes.LCONST_0);
            case Type.FLOAT -> method.visitInsn(Opcodes.FCONST_0);
            case Type.DOUBLE -> method.visitInsn(Opcodes.DCONST_0);
            case Type.OBJECT, Type.ARRAY -> method.visitInsn(Opcodes.ACONST_NULL);
            default -> method.visitInsn(Opcodes.ICONST_0);
        }
    }
}
