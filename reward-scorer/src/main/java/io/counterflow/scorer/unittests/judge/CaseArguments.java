package io.counterflow.scorer.unittests.judge;

import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import org.objectweb.asm.Type;

/** Arguments as JSON has them, made into what a method takes: by its descriptor, and by its generic signature inside collections. */
final class CaseArguments {

    private CaseArguments() {}

    static boolean fit(String signature, String descriptor, List<?> arguments) {
        try {
            of(signature, descriptor, arguments);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    static Object[] of(String signature, String descriptor, List<?> arguments) {
        Type[] types = Type.getArgumentTypes(descriptor);
        List<String> generic = GenericTypes.parameters(signature);
        Object[] values = new Object[types.length];
        for (int i = 0; i < values.length; i++) {
            String type = generic.size() == types.length ? generic.get(i) : types[i].getDescriptor();
            values[i] = value(type.startsWith("T") ? types[i].getDescriptor() : type, arguments.get(i));
        }
        return values;
    }

    private static Object value(String type, Object json) {
        if (type.startsWith("[")) {
            return array(type.substring(1), json);
        }
        if (type.length() == 1) {
            if (json == null) {
                throw new IllegalArgumentException("null for a primitive value");
            }
            return scalar(type.charAt(0), json);
        }
        if (json == null) {
            return null;
        }
        String name = GenericTypes.raw(type);
        List<String> inner = GenericTypes.arguments(type);
        return switch (name) {
            case "java/lang/Integer" -> scalar('I', json);
            case "java/lang/Long" -> scalar('J', json);
            case "java/lang/Double" -> scalar('D', json);
            case "java/lang/Float" -> scalar('F', json);
            case "java/lang/Short" -> scalar('S', json);
            case "java/lang/Byte" -> scalar('B', json);
            case "java/lang/Character" -> scalar('C', json);
            case "java/lang/Boolean" -> scalar('Z', json);
            case "java/math/BigInteger" -> number(json).toBigIntegerExact();
            case "java/math/BigDecimal" -> number(json);
            case "java/lang/String", "java/lang/CharSequence" -> text(json);
            case "java/util/List", "java/util/Collection", "java/lang/Iterable", "java/util/ArrayList" ->
                list(inner, json);
            case "java/util/LinkedList", "java/util/Deque", "java/util/Queue" -> new LinkedList<>(list(inner, json));
            case "java/util/Set", "java/util/LinkedHashSet" -> new LinkedHashSet<>(list(inner, json));
            case "java/util/HashSet" -> new java.util.HashSet<>(list(inner, json));
            case "java/util/Map", "java/util/LinkedHashMap", "java/util/HashMap" -> map(inner, json);
            case "java/util/Optional" -> java.util.Optional.of(value(element(inner, 0), json));
            case "java/lang/Object", "java/lang/Number", "java/lang/Comparable" -> free(json);
            default -> throw new IllegalArgumentException("no value of " + name + " can be made");
        };
    }

    private static String element(List<String> inner, int index) {
        return index < inner.size() ? inner.get(index) : "Ljava/lang/Object;";
    }

    private static Object free(Object json) {
        if (json instanceof List<?> list) {
            return list(List.of(), list);
        }
        return json;
    }

    private static List<Object> list(List<String> inner, Object json) {
        if (!(json instanceof List<?> values)) {
            throw new IllegalArgumentException("no list");
        }
        List<Object> list = new ArrayList<>();
        values.forEach(each -> list.add(value(element(inner, 0), each)));
        return list;
    }

    private static Map<Object, Object> map(List<String> inner, Object json) {
        if (!(json instanceof Map<?, ?> values)) {
            throw new IllegalArgumentException("no map");
        }
        Map<Object, Object> map = new LinkedHashMap<>();
        values.forEach((key, each) -> map.put(key(element(inner, 0), (String) key), value(element(inner, 1), each)));
        return map;
    }

    private static Object key(String type, String text) {
        String name = GenericTypes.raw(type);
        boolean number = List.of("java/lang/Integer", "java/lang/Long", "java/lang/Double", "java/math/BigInteger")
                .contains(name);
        try {
            return number ? value(type, new BigDecimal(text)) : value(type, text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("no number: " + text);
        }
    }

    private static Object array(String element, Object json) {
        if (json == null) {
            return null;
        }
        if (element.equals("C") && json instanceof String text) {
            return text.toCharArray();
        }
        if (!(json instanceof List<?> values)) {
            throw new IllegalArgumentException("no array");
        }
        Object array = Array.newInstance(component(element), values.size());
        for (int i = 0; i < values.size(); i++) {
            Array.set(array, i, value(element, values.get(i)));
        }
        return array;
    }

    private static Class<?> component(String type) {
        if (type.startsWith("[")) {
            return Array.newInstance(component(type.substring(1)), 0).getClass();
        }
        return switch (type) {
            case "I" -> int.class;
            case "J" -> long.class;
            case "D" -> double.class;
            case "F" -> float.class;
            case "S" -> short.class;
            case "B" -> byte.class;
            case "C" -> char.class;
            case "Z" -> boolean.class;
            default -> {
                try {
                    yield Class.forName(GenericTypes.raw(type).replace('/', '.'), false, null);
                } catch (ClassNotFoundException e) {
                    throw new IllegalArgumentException("no array of " + type + " can be made");
                }
            }
        };
    }

    private static Object scalar(char type, Object json) {
        try {
            return switch (type) {
                case 'Z' -> {
                    if (json instanceof Boolean truth) {
                        yield truth;
                    }
                    throw new IllegalArgumentException("no truth value");
                }
                case 'C' -> {
                    if (json instanceof String text && text.length() == 1) {
                        yield text.charAt(0);
                    }
                    throw new IllegalArgumentException("no character");
                }
                case 'I' -> number(json).intValueExact();
                case 'J' -> number(json).longValueExact();
                case 'S' -> number(json).shortValueExact();
                case 'B' -> number(json).byteValueExact();
                case 'F' -> number(json).floatValue();
                default -> number(json).doubleValue();
            };
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("a number that does not fit: " + json);
        }
    }

    private static BigDecimal number(Object json) {
        if (json instanceof BigInteger whole) {
            return new BigDecimal(whole);
        }
        if (json instanceof Number) {
            return new BigDecimal(json.toString());
        }
        throw new IllegalArgumentException("no number: " + json);
    }

    private static String text(Object json) {
        if (json instanceof String text) {
            return text;
        }
        throw new IllegalArgumentException("no text");
    }
}
