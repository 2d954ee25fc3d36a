package io.counterflow.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.model.safetensors.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelConfigTest {
    private static final Path FIXTURES = Path.of("src/test/resources/fixtures");
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir
    Path folder;

    @Test
    void readsLlama() {
        ModelConfig config = ModelConfig.read(FIXTURES.resolve("tiny-llama"));
        assertThat(config.family()).isEqualTo(ModelFamily.LLAMA);
        assertThat(config.head()).isEqualTo(ModelHead.CAUSAL_LANGUAGE_MODEL);
        assertThat(config.vocabularySize()).isEqualTo(384);
        assertThat(config.keyValueHeads()).isEqualTo(2);
        assertThat(config.headDimension()).isEqualTo(12);
        assertThat(config.attentionScales()).containsOnly(1 / Math.sqrt(12)).hasSize(2);
        assertThat(config.slidingWindows()).containsExactly(0, 0);
        assertThat(config.rope()).contains(new Rope(10_000, new Rope.Unscaled()));
        assertThat(config.tiedEmbeddings()).isFalse();
        assertThat(config.eosTokenIds()).containsExactly(1);
        assertThat(config.padTokenId()).hasValue(1);
        assertThat(config.dtype()).contains(TensorType.F32);
        assertThat(config.initializerRange()).isEqualTo(0.2);
    }

    @Test
    void readsQwen2WithItsBiasesAndGpt2WithLearnedPositions() {
        ModelConfig qwen = ModelConfig.read(FIXTURES.resolve("tiny-qwen2"));
        assertThat(qwen.queryKeyValueBias()).isTrue();
        assertThat(qwen.outputBias()).isFalse();
        assertThat(qwen.feedForwardBias()).isFalse();
        assertThat(qwen.tiedEmbeddings()).isTrue();

        ModelConfig gpt2 = ModelConfig.read(FIXTURES.resolve("tiny-gpt2"));
        assertThat(gpt2.rope()).isEmpty();
        assertThat(gpt2.gatedFeedForward()).isFalse();
        assertThat(gpt2.activation()).isEqualTo(Activation.GELU_TANH);
        assertThat(gpt2.intermediateSize()).isEqualTo(4 * 48);
        assertThat(gpt2.maxPositions()).isEqualTo(128);
        assertThat(gpt2.tiedEmbeddings()).isTrue();
        assertThat(gpt2.queryKeyValueBias() && gpt2.outputBias() && gpt2.feedForwardBias())
                .isTrue();
    }

    @Test
    void readsTheNumberOfLabelsOfARewardModel() {
        ModelConfig config = ModelConfig.read(FIXTURES.resolve("tiny-reward-model"));
        assertThat(config.head()).isEqualTo(ModelHead.SEQUENCE_CLASSIFICATION);
        assertThat(config.labels()).isEqualTo(1);
        assertThat(of("{'model_type':'mistral','architectures':['MistralForSequenceClassification']}")
                        .labels())
                .isEqualTo(2);
        assertThat(of("{'model_type':'gpt2','architectures':['GPT2ForSequenceClassification'],'num_labels':3}")
                        .labels())
                .isEqualTo(3);
        assertThat(of("{'model_type':'llama','architectures':['LlamaForSequenceClassification'],'num_labels':3,"
                                + "'id2label':{'0':'reward'}}")
                        .labels())
                .isEqualTo(3);
    }

    @Test
    void eachFamilyHasTheDefaultsOfTransformers() {
        ModelConfig llama = of("{'model_type':'llama'}");
        assertThat(llama.keyValueHeads()).isEqualTo(32);
        assertThat(llama.tiedEmbeddings()).isFalse();
        assertThat(llama.bosTokenId()).hasValue(1);
        assertThat(llama.eosTokenIds()).containsExactly(2);
        assertThat(llama.padTokenId()).isEmpty();
        assertThat(llama.normEpsilon()).isEqualTo(1e-6);

        ModelConfig mistral = of("{'model_type':'mistral'}");
        assertThat(mistral.keyValueHeads()).isEqualTo(8);
        assertThat(mistral.slidingWindows()).containsOnly(4096);
        assertThat(of("{'model_type':'mistral','sliding_window':null}").slidingWindows())
                .containsOnly(0);

        ModelConfig qwen3 =
                of("{'model_type':'qwen3','hidden_size':1024,'num_attention_heads':16,'num_key_value_heads':8}");
        assertThat(qwen3.headDimension()).isEqualTo(128);
        assertThat(qwen3.queryKeyNorm()).isTrue();
        assertThat(qwen3.queryKeyValueBias()).isFalse();
        assertThat(qwen3.eosTokenIds()).isEmpty();
        assertThat(qwen3.slidingWindows()).containsOnly(0);

        ModelConfig gpt2 = of("{'model_type':'gpt2'}");
        assertThat(gpt2.hiddenSize()).isEqualTo(768);
        assertThat(gpt2.bosTokenId()).hasValue(50_256);
    }

    @Test
    void readsLlama3WithManyEndTokensAndScaledRope() {
        ModelConfig config = of("{'model_type':'llama','architectures':['LlamaForCausalLM'],'hidden_size':2048,"
                + "'num_attention_heads':32,'num_key_value_heads':8,'head_dim':64,'torch_dtype':'bfloat16',"
                + "'eos_token_id':[128001,128008,128009],'rope_theta':500000.0,'max_position_embeddings':131072,"
                + "'rope_scaling':{'factor':32.0,'high_freq_factor':4.0,'low_freq_factor':1.0,"
                + "'original_max_position_embeddings':8192,'rope_type':'llama3'},'tie_word_embeddings':true}");
        assertThat(config.eosTokenIds()).containsExactly(128001, 128008, 128009);
        assertThat(config.rope()).contains(new Rope(500_000, new Rope.Llama3(32, 1, 4, 8192)));
        assertThat(config.dtype()).contains(TensorType.BF16);
    }

    @Test
    void oldAndNewRopeKeysMeanTheSame() {
        Rope expected = new Rope(20_000, new Rope.Linear(4));
        assertThat(of("{'model_type':'llama','rope_theta':20000,'rope_scaling':{'type':'linear','factor':4}}")
                        .rope())
                .contains(expected);
        assertThat(of("{'model_type':'llama','rope_parameters':{'rope_type':'linear','factor':4.0,'rope_theta':20000}}")
                        .rope())
                .contains(expected);
        assertThat(of("{'model_type':'llama','rope_theta':20000,'rope_scaling':null}")
                        .rope())
                .contains(new Rope(20_000, new Rope.Unscaled()));
    }

    @Test
    void whereRopeKeysContradictEachOtherTransformersDecides() {
        assertThat(of("{'model_type':'llama','rope_theta':500,'rope_scaling':{'type':'linear','factor':4},"
                                + "'rope_parameters':{'rope_type':'default','rope_theta':20000}}")
                        .rope())
                .contains(new Rope(500, new Rope.Linear(4)));
        assertThat(
                        of("{'model_type':'llama','rope_scaling':{},'rope_parameters':{'rope_type':'default','rope_theta':7}}")
                                .rope())
                .contains(new Rope(7, new Rope.Unscaled()));
        assertThat(of("{'model_type':'llama','original_max_position_embeddings':16,'rope_scaling':{'type':'llama3',"
                                + "'factor':8,'low_freq_factor':1,'high_freq_factor':4,"
                                + "'original_max_position_embeddings':32}}")
                        .rope())
                .contains(new Rope(10_000, new Rope.Llama3(8, 1, 4, 16)));
    }

    @Test
    void dynamicScalingChangesNothingWithinTheContext() {
        assertThat(of("{'model_type':'llama','rope_scaling':{'type':'dynamic','factor':2}}")
                        .rope())
                .contains(new Rope(10_000, new Rope.Unscaled()));
    }

    @Test
    void yarnStretchesAsTransformersDoes() {
        Rope qwen = of("{'model_type':'qwen2','hidden_size':1024,'num_attention_heads':8,'num_key_value_heads':8,"
                        + "'rope_theta':1000000.0,'max_position_embeddings':131072,'rope_scaling':{'type':'yarn',"
                        + "'factor':4.0,'original_max_position_embeddings':32768}}")
                .rope()
                .orElseThrow();
        float[] frequencies = qwen.frequencies(128);
        // Computed by transformers 5.18.
        assertThat(new float[] {
                    frequencies[0], frequencies[20], frequencies[24], frequencies[30], frequencies[39], frequencies[63]
                })
                .containsExactly(
                        new float[] {1f, 0.013335215f, 0.0053753215f, 0.0010643610f, 6.4903943e-05f, 3.1023444e-07f},
                        within(1e-9f));
        assertThat(qwen.scaling().magnitude()).isCloseTo(1.138629436111989, within(1e-12));

        Rope given = of("{'model_type':'llama','hidden_size':64,'num_attention_heads':4,'rope_parameters':{"
                        + "'rope_type':'yarn','rope_theta':300.0,'factor':4.0,'original_max_position_embeddings':32,"
                        + "'beta_fast':4,'beta_slow':0.5,'mscale':1.2,'mscale_all_dim':0.7,'truncate':false}}")
                .rope()
                .orElseThrow();
        assertThat(given.frequencies(16))
                .containsExactly(
                        new float[] {
                            1f,
                            0.40684134f,
                            0.13763902f,
                            0.037180793f,
                            0.014433756f,
                            0.0070752082f,
                            0.0034681596f,
                            0.0017000391f
                        },
                        within(1e-7f));
        assertThat(given.scaling().magnitude()).isCloseTo(1.0631833659779666, within(1e-12));
    }

    @Test
    void minusOneIsNoToken() {
        ModelConfig config = of("{'model_type':'gpt2','eos_token_id':-1,'bos_token_id':-1,'pad_token_id':-1}");
        assertThat(config.eosTokenIds()).isEmpty();
        assertThat(config.bosTokenId()).isEmpty();
        assertThat(config.padTokenId()).isEmpty();
    }

    @Test
    void emptyListOfArchitecturesMeansALanguageModel() {
        assertThat(of("{'model_type':'llama','architectures':[]}").head()).isEqualTo(ModelHead.CAUSAL_LANGUAGE_MODEL);
    }

    @Test
    void llama3StretchesLowFrequenciesKeepsHighOnesAndPassesSmoothlyBetween() {
        float[] plain = new Rope(500_000, new Rope.Unscaled()).frequencies(128);
        float[] scaled = new Rope(500_000, new Rope.Llama3(8, 1, 4, 8192)).frequencies(128);
        // Hand-computed from the published formula at elements in each of the three bands.
        assertThat(scaled[0]).isEqualTo(1f);
        assertThat(scaled[28]).isEqualTo(plain[28]);
        double wavelength = 2 * Math.PI / plain[32];
        double smooth = (8192 / wavelength - 1) / 3;
        assertThat((double) scaled[32]).isCloseTo((1 - smooth) * plain[32] / 8 + smooth * plain[32], within(1e-9));
        assertThat(scaled[63]).isEqualTo(plain[63] / 8);
        assertThat(IntStream.range(1, 64).allMatch(i -> scaled[i] < scaled[i - 1]))
                .isTrue();
    }

    @Test
    void qwenSlidesOnlyInTheLayersThatAreToldTo() {
        assertThat(of("{'model_type':'qwen2','num_hidden_layers':4,'sliding_window':512}")
                        .slidingWindows())
                .containsOnly(0);
        assertThat(of("{'model_type':'qwen2','num_hidden_layers':4,'sliding_window':512,'use_sliding_window':true,"
                                + "'max_window_layers':2}")
                        .slidingWindows())
                .containsExactly(0, 0, 512, 512);
        assertThat(of("{'model_type':'qwen3','num_hidden_layers':2,'sliding_window':512,'use_sliding_window':true,"
                                + "'layer_types':['sliding_attention','full_attention']}")
                        .slidingWindows())
                .containsExactly(512, 0);
    }

    @Test
    void gpt2ScalesAttentionAsItsFlagsSay() {
        assertThat(of("{'model_type':'gpt2','n_embd':64,'n_head':4,'n_layer':2,'scale_attn_weights':false}")
                        .attentionScales())
                .containsExactly(1.0, 1.0);
        assertThat(of("{'model_type':'gpt2','n_embd':64,'n_head':4,'n_layer':2,'scale_attn_by_inverse_layer_idx':true}")
                        .attentionScales())
                .containsExactly(0.25, 0.125);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "{'model_type':'mamba'} | the model type mamba is not supported; supported are llama, mistral, qwen2,"
                        + " qwen3, gpt2, and for classifiers the encoders bert, roberta, xlm-roberta, distilbert",
                "{'model_type':'bert'} | the model type bert is an encoder, which classifies texts; a language model"
                        + " is wanted: llama, mistral, qwen2, qwen3, gpt2",
                "{} | model_type is missing; supported are llama, mistral, qwen2, qwen3, gpt2",
                "{'model_type':'llama','architectures':['LlamaForTokenClassification']} | the architecture"
                        + " [\"LlamaForTokenClassification\"] is not supported; supported for llama are LlamaForCausalLM,"
                        + " LlamaForSequenceClassification",
                "{'model_type':'llama','hidden_act':'tanhshrink'} | hidden_act is tanhshrink, which is not supported;"
                        + " supported are silu, swish, gelu, gelu_new, gelu_pytorch_tanh, gelu_fast, relu",
                "{'model_type':'llama','rope_scaling':{'rope_type':'longrope','factor':4}} | the rope type longrope is not"
                        + " supported; supported are default, linear, dynamic, yarn, llama3",
                "{'model_type':'qwen3','num_hidden_layers':1,'use_sliding_window':true,'layer_types':['sliding']} |"
                        + " layer_types holds \"sliding\"; supported are full_attention, sliding_attention",
                "{'model_type':'qwen3','num_hidden_layers':2,'layer_types':['full_attention','sliding_attention']} |"
                        + " layer_types has \"sliding_attention\" for layer 1, but the model has no sliding window",
                "{'model_type':'mistral','num_hidden_layers':1,'layer_types':['full_attention']} |"
                        + " layer_types has \"full_attention\" for layer 0, but the model has a sliding"
                        + " window in every layer",
                "{'model_type':'llama','rope_scaling':{'rope_type':'yarn','factor':2,'truncate':'no'}} | truncate is"
                        + " \"no\"; it must be true or false",
                "{'model_type':'llama','rope_theta':1,'rope_scaling':{'rope_type':'yarn','factor':2}} | rope_theta is 1;"
                        + " the rope type yarn needs frequencies that differ",
                "{'model_type':'llama','rope_scaling':{'rope_type':'yarn','factor':2,"
                        + "'original_max_position_embeddings':32.5}} | original_max_position_embeddings is 32.5; it must be"
                        + " a whole number of tokens",
                "{'model_type':'llama','rope_scaling':{'rope_type':'linear'}} | the rope type linear needs factor,"
                        + " which is missing",
                "{'model_type':'llama','hidden_size':-8} | hidden_size is -8; it must be a whole number from 1 to"
                        + " 16777216",
                "{'model_type':'llama','num_hidden_layers':1000000000} | num_hidden_layers is 1000000000; it must be a"
                        + " whole number from 1 to 4096",
                "{'model_type':'llama','num_attention_heads':6,'hidden_size':48,'num_key_value_heads':4} |"
                        + " num_attention_heads is 6, num_key_value_heads is 4; the second must divide the first",
                "{'model_type':'llama','head_dim':7} | head_dim is 7; rotary position embedding needs an even number",
                "{'model_type':'llama','quantization_config':{'quant_method':'gptq'}} | quantization_config is set: quantised"
                        + " weights (gptq) are not supported; use the checkpoint that they were made from",
                "{'model_type':'llama','quantization_config':{'load_in_4bit':true}} | quantization_config is set: quantised"
                        + " weights (bitsandbytes) are not supported; use the checkpoint that they were made from, or write them"
                        + " again in Python: AutoModelForCausalLM.from_pretrained(FOLDER).dequantize().save_pretrained(NEW-FOLDER)",
                "{'model_type':'llama','quantization':{'bits':4}} | quantization is {\"bits\":4}: quantised weights (MLX) are not"
                        + " supported; use the checkpoint that they were made from, or write them again: mlx_lm.convert --dequantize",
                "{'model_type':'llama','tie_word_embeddings':'yes'} | tie_word_embeddings is \"yes\"; it must be true"
                        + " or false",
                "{'model_type':'llama','eos_token_id':[1,'x']} | eos_token_id is \"x\"; it must be a token id",
                "{'model_type':'llama','torch_dtype':'float8'} | dtype is float8; supported are float32, float16,"
                        + " bfloat16, float64",
            })
    void whatIsNotComputedIsRefusedInOneLine(String json, String message) {
        assertThatThrownBy(() -> of(json))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama", "tiny-qwen2", "tiny-gpt2", "tiny-reward-model"})
    void writtenConfigHasEveryKeyOfTheOriginalInItsOrder(String name) throws IOException {
        ModelConfig.read(FIXTURES.resolve(name)).write(folder);
        var original =
                MAPPER.readTree(FIXTURES.resolve(name).resolve("config.json").toFile());
        var written = MAPPER.readTree(folder.resolve("config.json").toFile());
        assertThat(written).isEqualTo(original);
        assertThat(List.copyOf(written.properties())).isEqualTo(List.copyOf(original.properties()));
    }

    @Test
    void fileThatIsMissingOrNotJsonIsNamed() throws IOException {
        assertThatThrownBy(() -> ModelConfig.read(folder)).hasMessage("there is no config.json in " + folder);
        Files.writeString(folder.resolve("config.json"), "{\"model_type\": ");
        assertThatThrownBy(() -> ModelConfig.read(folder))
                .hasMessageStartingWith(folder.resolve("config.json") + " is not valid JSON");
        Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"t5\"}");
        assertThatThrownBy(() -> ModelConfig.read(folder))
                .hasMessageStartingWith(folder.resolve("config.json") + ": the model type t5 is not supported");
    }

    @Test
    void freshLlamaHasTheSizesAskedFor() {
        ModelConfig config = new LlamaShape(41, 96, 256, 3, 4, 4, 64, true).config(1, 2, 0);
        assertThat(config.headDimension()).isEqualTo(24);
        assertThat(config.tiedEmbeddings()).isTrue();
        assertThat(config.parameters()).isEqualTo(41 * 96 + 3 * (4 * 96 * 96 + 3 * 96 * 256 + 2 * 96) + 96);
        assertThat(config.eosTokenIds()).isEqualTo(Collections.singletonList(2));
    }

    @Test
    void otherElementTypeChangesTheKeyThatIsThere() {
        assertThat(of("{'model_type':'llama','torch_dtype':'float32'}")
                        .withDtype(TensorType.BF16)
                        .json())
                .isEqualTo(json("{'model_type':'llama','torch_dtype':'bfloat16'}"));
        assertThat(of("{'model_type':'llama'}").withDtype(TensorType.F16).json())
                .isEqualTo(json("{'model_type':'llama','dtype':'float16'}"));
    }

    private static ModelConfig of(String json) {
        return ModelConfig.of(json(json));
    }

    private static ObjectNode json(String json) {
        try {
            return (ObjectNode) MAPPER.readTree(json.replace('\'', '"'));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(json, e);
        }
    }
}
