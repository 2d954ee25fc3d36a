package io.counterflow.log.transfer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;

/**
 * Avro values as the JSON that people write: an optional value is the value or null, a timestamp is ISO 8601, bytes are
 * base64, numbers that JSON has no sign for are {@code "NaN"}, {@code "Infinity"} and {@code "-Infinity"}. Where a value
 * may be one of several records, it is an object with the record's name as its only key. Thread-safe.
 */
final class PlainJson {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final ObjectMapper mapper = new ObjectMapper();

    /** A value does not fit the schema; the message says where. */
    static final class MismatchException extends Exception {
        MismatchException(String message) {
            super(message);
        }
    }

    JsonNode write(Schema schema, Object value) {
        return switch (schema.getType()) {
            case NULL -> JSON.nullNode();
            case RECORD -> {
                ObjectNode object = JSON.objectNode();
                GenericRecord record = (GenericRecord) value;
                schema.getFields().forEach(f -> object.set(f.name(), write(f.schema(), record.get(f.pos()))));
                yield object;
            }
            case ARRAY -> {
                ArrayNode array = JSON.arrayNode();
                ((Iterable<?>) value).forEach(e -> array.add(write(schema.getElementType(), e)));
                yield array;
            }
            case MAP -> {
                ObjectNode object = JSON.objectNode();
                ((Map<?, ?>) value).forEach((key, e) -> object.set(key.toString(), write(schema.getValueType(), e)));
                yield object;
            }
            case UNION -> writeUnion(schema, value);
            case BYTES -> {
                ByteBuffer buffer = ((ByteBuffer) value).duplicate();
                byte[] bytes = new byte[buffer.remaining()];
                buffer.get(bytes);
                yield JSON.binaryNode(bytes);
            }
            case INT -> JSON.numberNode((Integer) value);
            case LONG ->
                schema.getLogicalType() instanceof LogicalTypes.TimestampMillis
                        ? JSON.textNode(Instant.ofEpochMilli((Long) value).toString())
                        : JSON.numberNode((Long) value);
            case FLOAT -> {
                float number = (Float) value;
                yield Float.isFinite(number) ? JSON.numberNode(number) : JSON.textNode(String.valueOf(number));
            }
            case DOUBLE -> {
                double number = (Double) value;
                yield Double.isFinite(number) ? JSON.numberNode(number) : JSON.textNode(String.valueOf(number));
            }
            case BOOLEAN -> JSON.booleanNode((Boolean) value);
            case STRING, ENUM -> JSON.textNode(value.toString());
            case FIXED -> throw new IllegalArgumentException("no record of the log has a fixed: " + schema);
        };
    }

    private JsonNode writeUnion(Schema union, Object value) {
        Schema branch = union.getTypes().get(GenericData.get().resolveUnion(union, value));
        JsonNode written = write(branch, value);
        return severalRecords(union) ? JSON.objectNode().set(branch.getName(), written) : written;
    }

    private static boolean severalRecords(Schema union) {
        return union.getTypes().stream()
                        .filter(t -> t.getType() == Schema.Type.RECORD)
                        .count()
                > 1;
    }

    /** @throws MismatchException when the JSON does not fit the schema */
    Object read(Schema schema, JsonNode json) throws MismatchException {
        return read(schema, json, schema.getName());
    }

    private Object read(Schema schema, JsonNode json, String path) throws MismatchException {
        return switch (schema.getType()) {
            case NULL -> {
                require(json.isNull(), path, "null", json);
                yield null;
            }
            case RECORD -> readRecord(schema, json, path);
            case ARRAY -> {
                require(json.isArray(), path, "an array", json);
                List<Object> values = new ArrayList<>(json.size());
                for (JsonNode element : json) {
                    values.add(read(schema.getElementType(), element, path + "[" + values.size() + "]"));
                }
                yield new GenericData.Array<>(schema, values);
            }
            case MAP -> {
                require(json.isObject(), path, "an object", json);
                Map<String, Object> values = new HashMap<>();
                for (Map.Entry<String, JsonNode> field : json.properties()) {
                    String at = path + "." + field.getKey();
                    values.put(field.getKey(), read(schema.getValueType(), field.getValue(), at));
                }
                yield values;
            }
            case UNION -> readUnion(schema, json, path);
            case BYTES -> {
                try {
                    yield ByteBuffer.wrap(json.binaryValue());
                } catch (IOException | NullPointerException e) {
                    throw new MismatchException(path + " must be bytes in base64, but is " + abbreviated(json));
                }
            }
            case INT -> {
                require(json.canConvertToInt() && json.isIntegralNumber(), path, "an integer", json);
                yield json.intValue();
            }
            case LONG -> readLong(schema, json, path);
            case FLOAT -> (float) readDouble(json, path);
            case DOUBLE -> readDouble(json, path);
            case BOOLEAN -> {
                require(json.isBoolean(), path, "true or false", json);
                yield json.booleanValue();
            }
            case STRING -> {
                require(json.isTextual(), path, "a text", json);
                yield json.textValue();
            }
            case ENUM -> {
                require(
                        json.isTextual() && schema.hasEnumSymbol(json.textValue()),
                        path,
                        "one of " + schema.getEnumSymbols(),
                        json);
                yield new GenericData.EnumSymbol(schema, json.textValue());
            }
            case FIXED -> throw new IllegalArgumentException("no record of the log has a fixed: " + schema);
        };
    }

    private Object readRecord(Schema schema, JsonNode json, String path) throws MismatchException {
        require(json.isObject(), path, "an object", json);
        GenericRecord record = new GenericData.Record(schema);
        for (Schema.Field field : schema.getFields()) {
            String at = path + "." + field.name();
            if (json.has(field.name())) {
                record.put(field.pos(), read(field.schema(), json.get(field.name()), at));
            } else if (field.hasDefaultValue()) {
                record.put(field.pos(), GenericData.get().getDefaultValue(field));
            } else {
                throw new MismatchException(at + " is missing");
            }
        }
        for (Map.Entry<String, JsonNode> field : json.properties()) {
            if (schema.getField(field.getKey()) == null) {
                throw new MismatchException(path + " has no " + field.getKey());
            }
        }
        return record;
    }

    private Object readUnion(Schema union, JsonNode json, String path) throws MismatchException {
        if (json.isNull() && union.isNullable()) {
            return null;
        }
        List<Schema> branches = union.getTypes().stream()
                .filter(t -> t.getType() != Schema.Type.NULL)
                .toList();
        if (!severalRecords(union)) {
            return read(branches.get(0), json, path);
        }
        for (Schema branch : branches) {
            if (json.has(branch.getName()) && json.size() == 1) {
                return read(branch, json.get(branch.getName()), path + "." + branch.getName());
            }
        }
        throw new MismatchException(path + " must be an object with one key of "
                + branches.stream().map(Schema::getName).toList() + ", but is " + abbreviated(json));
    }

    private static Object readLong(Schema schema, JsonNode json, String path) throws MismatchException {
        if (json.isTextual() && schema.getLogicalType() instanceof LogicalTypes.TimestampMillis) {
            try {
                return Instant.parse(json.textValue()).toEpochMilli();
            } catch (DateTimeParseException e) {
                throw new MismatchException(path + " must be a time in ISO 8601, but is " + abbreviated(json));
            }
        }
        require(json.canConvertToLong() && json.isIntegralNumber(), path, "an integer", json);
        return json.longValue();
    }

    private static double readDouble(JsonNode json, String path) throws MismatchException {
        if (json.isTextual() && json.textValue().matches("NaN|-?Infinity")) {
            return Double.parseDouble(json.textValue());
        }
        require(json.isNumber(), path, "a number", json);
        return json.doubleValue();
    }

    private static void require(boolean condition, String path, String wanted, JsonNode json) throws MismatchException {
        if (!condition) {
            throw new MismatchException(path + " must be " + wanted + ", but is " + abbreviated(json));
        }
    }

    private static String abbreviated(JsonNode json) {
        String text = json.toString();
        return text.length() <= 60 ? text : text.substring(0, 57) + "...";
    }

    ObjectMapper mapper() {
        return mapper;
    }
}
