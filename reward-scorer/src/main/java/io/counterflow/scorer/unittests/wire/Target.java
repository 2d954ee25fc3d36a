package io.counterflow.scorer.unittests.wire;

/** Does what the other side asks for. */
public interface Target {

    /** Calls a member; what it throws is what the caller sees thrown. */
    Object call(Member member, Object receiver, Object[] arguments) throws Throwable;
}
