package io.counterflow.scorer.unittests.wire;

/**
 * What is called.
 *
 * @param operation how
 * @param owner binary name of the class that has it
 * @param name its name
 * @param descriptor its type, as in class files
 */
public record Member(Operation operation, String owner, String name, String descriptor) {

    void write(ValueWriter out) {
        out.writeByte(operation.ordinal());
        out.writeText(owner);
        out.writeText(name);
        out.writeText(descriptor);
    }

    static Member read(ValueReader in) {
        int operation = in.readByte();
        if (operation < 0 || operation >= Operation.values().length) {
            throw new WireException("a call of unknown kind " + operation);
        }
        return new Member(Operation.values()[operation], in.readText(), in.readText(), in.readText());
    }
}
