package io.counterflow.log;

import io.counterflow.schemas.Completion;
import org.apache.avro.util.ClassSecurityValidator;

/**
 * Avro instantiates only classes it was told to trust, since a schema from the wire could name any. The generated
 * records are the only ones that belong on a topic.
 */
public final class TrustedRecords {

    private static final String GENERATED = Completion.class.getPackageName();

    static {
        ClassSecurityValidator.setGlobal(
                ClassSecurityValidator.composite(ClassSecurityValidator.getGlobal(), type -> type.getPackageName()
                        .equals(GENERATED)));
    }

    private TrustedRecords() {}

    /** Runs the static initialiser, once. */
    public static void ensure() {}
}
