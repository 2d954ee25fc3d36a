package io.counterflow.scorer.unittests.program;

import io.counterflow.scorer.unittests.wire.Member;
import io.counterflow.scorer.unittests.wire.Operation;
import io.counterflow.scorer.unittests.wire.Target;
import io.counterflow.scorer.unittests.wire.Whole;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Calls the program's members by name. Thread-safe. */
final class Members implements Target {

    private final ProgramObjects objects;
    private final Map<Member, Executable> found = new ConcurrentHashMap<>();
    private ClassLoader of;

    Members(ProgramObjects objects) {
        this.objects = objects;
    }

    @Override
    public Object call(Member member, Object receiver, Object[] arguments) throws Throwable {
        Thread.currentThread().setContextClassLoader(objects.loader());
        synchronized (this) {
            if (of != objects.loader()) {
                of = objects.loader();
                found.clear();
            }
        }
        try {
            return switch (member.operation()) {
                case STATIC, VIRTUAL -> invoke(member, receiver, arguments);
                case CONSTRUCT -> new Whole(((Constructor<?>) executable(member)).newInstance(arguments));
                case GET -> declared(field(member).getType(), field(member).get(receiver));
                case SET -> {
                    field(member).set(receiver, arguments[0]);
                    yield null;
                }
                case CONTENT -> content(receiver);
                case READ -> throw new IllegalArgumentException("a program has no input to give");
            };
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private Object invoke(Member member, Object receiver, Object[] arguments) throws Throwable {
        Method method = (Method) executable(member);
        if (receiver instanceof Proxy && method.isDefault()) {
            // The tests ask for what their own object inherits.
            return MethodHandles.privateLookupIn(method.getDeclaringClass(), MethodHandles.lookup())
                    .unreflectSpecial(method, method.getDeclaringClass())
                    .bindTo(receiver)
                    .invokeWithArguments(arguments);
        }
        return declared(method.getReturnType(), method.invoke(receiver, arguments));
    }

    /** What is declared to be of the program's class is not sent as a collection, though it be one. */
    private static Object declared(Class<?> type, Object value) {
        boolean own = type.getClassLoader() instanceof ProgramLoader;
        return own && (value instanceof Collection || value instanceof Map) ? new Whole(value) : value;
    }

    private static Object content(Object receiver) {
        if (receiver instanceof Map<?, ?> map) {
            return new LinkedHashMap<>(map);
        }
        return new ArrayList<>((Collection<?>) receiver);
    }

    private Executable executable(Member member) throws ReflectiveOperationException {
        Executable executable = found.get(member);
        if (executable == null) {
            executable = find(member);
            if (executable.getDeclaringClass().getClassLoader() instanceof ProgramLoader) {
                executable.setAccessible(true);
            }
            found.put(member, executable);
        }
        return executable;
    }

    private Executable find(Member member) throws ReflectiveOperationException {
        ClassLoader loader = objects.loader();
        Class<?> owner = Class.forName(member.owner(), true, loader);
        MethodType type = MethodType.fromMethodDescriptorString(member.descriptor(), loader);
        if (member.operation() == Operation.CONSTRUCT) {
            return owner.getDeclaredConstructor(type.parameterArray());
        }
        for (Method method : owner.getDeclaredMethods()) {
            if (method.getName().equals(member.name())
                    && method.getReturnType() == type.returnType()
                    && MethodType.methodType(void.class, method.getParameterTypes())
                            .equals(type.changeReturnType(void.class))) {
                return method;
            }
        }
        return owner.getMethod(member.name(), type.parameterArray());
    }

    private Field field(Member member) throws ReflectiveOperationException {
        Field field = Class.forName(member.owner(), true, objects.loader()).getDeclaredField(member.name());
        field.setAccessible(true);
        return field;
    }
}
