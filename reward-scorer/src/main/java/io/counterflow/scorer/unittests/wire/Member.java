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

    /*
     * Spelled out, as is hashCode: what the compiler makes of a record's header is put together from method handles when it is first
     * used, which costs a process that lives for one program a tenth of its time.
     */
    @Override
    public boolean equals(Object object) {
        return object instanceof Member other
                && operation == other.operation
                && owner.equals(other.owner)
                && name.equals(other.name)
                && descriptor.equals(other.descriptor);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * (31 * operation.ordinal() + owner.hashCode()) + name.hashCode()) + descriptor.hashCode();
    }

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
