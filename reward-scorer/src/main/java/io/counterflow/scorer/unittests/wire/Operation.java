package io.counterflow.scorer.unittests.wire;

/** What a call asks for. */
public enum Operation {
    /** A static method. */
    STATIC,
    /** A method of an object. */
    VIRTUAL,
    /** A new object. */
    CONSTRUCT,
    /** The value of a field. */
    GET,
    /** A new value for a field. */
    SET,
    /** What a collection or map holds, whatever its own methods say of it. */
    CONTENT,
    /** Standard input, at most so many bytes; null at its end. */
    READ
}
