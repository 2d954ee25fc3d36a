package io.counterflow.model.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.counterflow.model.json.JsonFault;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The JSON header: reading with every check that the reference implementation makes, and writing to the same bytes.
 *
 * @param metadata the text entries of {@code __metadata__}; empty when there is none
 * @param tensors the tensors with their place in the file's data part, in the order of that place
 */
record SafetensorsHeader(Map<String, String> metadata, List<Placed> tensors) {
    private static final String METADATA = "__metadata__";
    private static final JsonFactory JSON = new JsonFactoryBuilder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    /** A tensor and where its bytes start and end, counted from the end of the header. */
    record Placed(TensorInfo tensor, long begin, long end) {}

    /** Bytes of all tensors together. */
    long dataBytes() {
        return tensors.isEmpty() ? 0 : tensors.get(tensors.size() - 1).end();
    }

    static SafetensorsHeader parse(byte[] json) {
        Map<String, String> metadata = new LinkedHashMap<>();
        List<Placed> tensors = new ArrayList<>();
        try (JsonParser parser = JSON.createParser(json)) {
            require(parser.nextToken() == JsonToken.START_OBJECT, "the header is not a JSON object");
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                require(parser.nextToken() == JsonToken.START_OBJECT, "the header's entry %s is not an object", name);
                if (name.equals(METADATA)) {
                    readMetadata(parser, metadata);
                } else {
                    tensors.add(readTensor(parser, name));
                }
            }
            require(parser.nextToken() == null, "the header goes on after its closing brace");
        } catch (JsonProcessingException e) {
            throw new SafetensorsException("the header is not valid JSON: " + JsonFault.describe(e), e);
        } catch (IOException e) {
            throw new SafetensorsException("the header cannot be read: " + firstLine(e), e);
        }
        tensors.sort(Comparator.comparingLong(Placed::begin).thenComparingLong(Placed::end));
        long expected = 0;
        for (Placed placed : tensors) {
            require(
                    placed.begin() == expected,
                    "tensor %s starts at byte %d where %d was expected: tensors overlap or leave a gap",
                    placed.tensor().name(),
                    placed.begin(),
                    expected);
            require(
                    placed.end() - placed.begin() == placed.tensor().bytes(),
                    "tensor %s is %d bytes long, but %s of shape %s takes %d",
                    placed.tensor().name(),
                    placed.end() - placed.begin(),
                    placed.tensor().type(),
                    placed.tensor().shape(),
                    placed.tensor().bytes());
            expected = placed.end();
        }
        return new SafetensorsHeader(metadata, List.copyOf(tensors));
    }

    private static void readMetadata(JsonParser parser, Map<String, String> metadata) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            require(parser.nextToken() == JsonToken.VALUE_STRING, "the metadata entry %s is not text", key);
            metadata.put(key, parser.getText());
        }
    }

    private static Placed readTensor(JsonParser parser, String name) throws IOException {
        TensorType type = null;
        List<Long> shape = null;
        List<Long> offsets = null;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            parser.nextToken();
            switch (key) {
                case "dtype" -> {
                    require(
                            parser.currentToken() == JsonToken.VALUE_STRING,
                            "the dtype of tensor %s is not text",
                            name);
                    String dtype = parser.getText();
                    type = TensorType.ofName(dtype)
                            .orElseThrow(() -> new SafetensorsException("tensor %s has the element type %s; can read %s"
                                    .formatted(name, dtype, TensorType.names())));
                }
                case "shape" -> shape = readNumbers(parser, name, key);
                case "data_offsets" -> offsets = readNumbers(parser, name, key);
                default -> throw new SafetensorsException("tensor %s has the unknown entry %s".formatted(name, key));
            }
        }
        require(type != null && shape != null && offsets != null, "tensor %s lacks dtype, shape or data_offsets", name);
        require(
                offsets.size() == 2 && offsets.get(0) <= offsets.get(1),
                "tensor %s has the data_offsets %s, not a start and an end",
                name,
                offsets);
        return new Placed(new TensorInfo(name, type, shape), offsets.get(0), offsets.get(1));
    }

    private static List<Long> readNumbers(JsonParser parser, String name, String key) throws IOException {
        require(parser.currentToken() == JsonToken.START_ARRAY, "%s of tensor %s is not a list", key, name);
        List<Long> numbers = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            require(
                    parser.currentToken() == JsonToken.VALUE_NUMBER_INT,
                    "%s of tensor %s holds something that is not a whole number",
                    key,
                    name);
            long number = parser.getLongValue();
            require(number >= 0, "%s of tensor %s holds the negative number %d", key, name, number);
            numbers.add(number);
        }
        return numbers;
    }

    /** The header's bytes as the reference implementation writes them: compact JSON, padded with spaces to eight. */
    byte[] bytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart(METADATA);
                for (Map.Entry<String, String> entry : metadata.entrySet()) {
                    json.writeStringField(entry.getKey(), entry.getValue());
                }
                json.writeEndObject();
            }
            for (Placed placed : tensors) {
                json.writeObjectFieldStart(placed.tensor().name());
                json.writeStringField("dtype", placed.tensor().type().name());
                json.writeArrayFieldStart("shape");
                for (long size : placed.tensor().shape()) {
                    json.writeNumber(size);
                }
                json.writeEndArray();
                json.writeArrayFieldStart("data_offsets");
                json.writeNumber(placed.begin());
                json.writeNumber(placed.end());
                json.writeEndArray();
                json.writeEndObject();
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write a header to memory", e);
        }
        while (bytes.size() % 8 != 0) {
            bytes.write(' ');
        }
        return bytes.toByteArray();
    }

    private static void require(boolean condition, String message, Object... values) {
        if (!condition) {
            throw new SafetensorsException(message.formatted(values));
        }
    }

    private static String firstLine(IOException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("unreadable");
    }
}
