package io.counterflow.scorer.unittests.judge;

import io.counterflow.scorer.unittests.wire.Member;
import io.counterflow.scorer.unittests.wire.Operation;
import java.lang.invoke.MethodType;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;

/**
 * Stands for an object of the program of which only interfaces can be said, such as a lambda.
 *
 * @param trial whose program it is of
 * @param handle which one
 */
record RemoteObject(Trial trial, Handle handle) implements InvocationHandler {

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
        if (method.getDeclaringClass() == Object.class) {
            return switch (method.getName()) {
                case "equals" -> proxy == arguments[0];
                case "hashCode" -> handle.number();
                default -> "object " + handle.number() + " of the program";
            };
        }
        String descriptor = MethodType.methodType(method.getReturnType(), method.getParameterTypes())
                .toMethodDescriptorString();
        Member member =
                new Member(Operation.VIRTUAL, method.getDeclaringClass().getName(), method.getName(), descriptor);
        return trial.call(member, proxy, arguments == null ? new Object[0] : arguments);
    }
}
