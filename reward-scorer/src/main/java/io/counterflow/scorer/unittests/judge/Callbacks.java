package io.counterflow.scorer.unittests.judge;

import io.counterflow.scorer.unittests.wire.Member;
import io.counterflow.scorer.unittests.wire.Operation;
import io.counterflow.scorer.unittests.wire.Target;
import io.counterflow.scorer.unittests.wire.WireException;
import java.lang.invoke.MethodType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;

/** What the program may ask of the tests: methods of interfaces, of objects that it was given; and standard input. */
final class Callbacks implements Target {

    private static final int MAX_INPUT = 1 << 16;

    private final Trial trial;

    Callbacks(Trial trial) {
        this.trial = trial;
    }

    @Override
    public Object call(Member member, Object receiver, Object[] arguments) throws Throwable {
        if (member.operation() == Operation.READ) {
            byte[] buffer = new byte[MAX_INPUT];
            int count = System.in.read(buffer, 0, MAX_INPUT);
            return count < 0 ? null : Arrays.copyOf(buffer, count);
        }
        if (member.operation() != Operation.VIRTUAL
                || receiver == null
                || !trial.objects().isExported(receiver)) {
            throw new WireException("the program called what it was never given");
        }
        Class<?> owner = trial.objects().type(member.owner());
        if (!(owner.isInterface() || owner == Object.class) || !owner.isInstance(receiver)) {
            throw new WireException("the program called " + member.owner() + " of an object that is none");
        }
        Method method;
        try {
            MethodType type = MethodType.fromMethodDescriptorString(member.descriptor(), trial.loader());
            method = owner.getMethod(member.name(), type.parameterArray());
        } catch (NoSuchMethodException | IllegalArgumentException | TypeNotPresentException e) {
            throw new WireException(
                    "the program called " + member.owner() + "." + member.name() + ", which is not there");
        }
        if (owner.getClassLoader() == trial.loader()) {
            method.setAccessible(true);
        }
        try {
            return method.invoke(receiver, arguments);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof AssertionError failed) {
                trial.assertions().crossed(failed);
            }
            throw e.getCause();
        }
    }
}
