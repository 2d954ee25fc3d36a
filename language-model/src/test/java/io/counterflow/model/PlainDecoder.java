package io.counterflow.model;

import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.checkpoint.ModelFamily;
import io.counterflow.model.checkpoint.ModelHead;
import io.counterflow.model.checkpoint.TensorSpec;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * The decoder as the papers write it, in plain loops of doubles: one token after the other, no cache, nothing fused. Slow, and plain
 * enough to be checked by eye; what the fast decoder must equal.
 */
final class PlainDecoder {
    private final ModelConfig config;
    private final Map<String, float[]> weights = new HashMap<>();

    PlainDecoder(ModelConfig config, Function<String, float[]> weight) {
        this.config = config;
        for (TensorSpec spec : config.tensors()) {
            weights.put(spec.name(), weight.apply(spec.name()));
        }
    }

    /** Logits, or scores, after each token: [T][V]. */
    double[][] logits(int[] tokens) {
        String prefix = config.family().prefix();
        boolean gpt2 = config.family() == ModelFamily.GPT2;
        double[][] x = new double[tokens.length][];
        for (int t = 0; t < tokens.length; t++) {
            x[t] = row(prefix + (gpt2 ? "wte" : "embed_tokens") + ".weight", tokens[t]);
            if (gpt2) {
                x[t] = sum(x[t], row(prefix + "wpe.weight", t));
            }
        }
        for (int i = 0; i < config.layers(); i++) {
            x = gpt2 ? gpt2Layer(x, prefix + "h." + i + ".", i) : llamaLayer(x, prefix + "layers." + i + ".", i);
        }
        double[][] logits = new double[tokens.length][];
        for (int t = 0; t < tokens.length; t++) {
            logits[t] = product(norm(x[t], prefix + (gpt2 ? "ln_f" : "norm")), head(prefix), null);
        }
        return logits;
    }

    private String head(String prefix) {
        if (config.head() == ModelHead.SEQUENCE_CLASSIFICATION) {
            return "score.weight";
        }
        if (!config.tiedEmbeddings()) {
            return "lm_head.weight";
        }
        return prefix + (config.family() == ModelFamily.GPT2 ? "wte.weight" : "embed_tokens.weight");
    }

    private double[][] llamaLayer(double[][] x, String name, int layer) {
        int size = config.headDimension();
        double[][] q = new double[x.length][];
        double[][] k = new double[x.length][];
        double[][] v = new double[x.length][];
        for (int t = 0; t < x.length; t++) {
            double[] h = norm(x[t], name + "input_layernorm");
            q[t] = linear(h, name + "self_attn.q_proj");
            k[t] = linear(h, name + "self_attn.k_proj");
            v[t] = linear(h, name + "self_attn.v_proj");
            for (int at = 0; at < q[t].length; at += size) {
                turn(q[t], at, t, name + "self_attn.q_norm");
            }
            for (int at = 0; at < k[t].length; at += size) {
                turn(k[t], at, t, name + "self_attn.k_norm");
            }
        }
        double[][] y = new double[x.length][];
        for (int t = 0; t < x.length; t++) {
            y[t] = sum(x[t], linear(attend(q[t], k, v, t, layer), name + "self_attn.o_proj"));
            double[] h = norm(y[t], name + "post_attention_layernorm");
            double[] gate = linear(h, name + "mlp.gate_proj");
            double[] up = linear(h, name + "mlp.up_proj");
            for (int i = 0; i < up.length; i++) {
                up[i] *= activate(gate[i]);
            }
            y[t] = sum(y[t], linear(up, name + "mlp.down_proj"));
        }
        return y;
    }

    private double[][] gpt2Layer(double[][] x, String name, int layer) {
        int width = config.hiddenSize();
        double[][] q = new double[x.length][];
        double[][] k = new double[x.length][];
        double[][] v = new double[x.length][];
        for (int t = 0; t < x.length; t++) {
            double[] all = transposed(norm(x[t], name + "ln_1"), name + "attn.c_attn");
            q[t] = Arrays.copyOfRange(all, 0, width);
            k[t] = Arrays.copyOfRange(all, width, 2 * width);
            v[t] = Arrays.copyOfRange(all, 2 * width, 3 * width);
        }
        double[][] y = new double[x.length][];
        for (int t = 0; t < x.length; t++) {
            y[t] = sum(x[t], transposed(attend(q[t], k, v, t, layer), name + "attn.c_proj"));
            double[] up = transposed(norm(y[t], name + "ln_2"), name + "mlp.c_fc");
            for (int i = 0; i < up.length; i++) {
                up[i] = activate(up[i]);
            }
            y[t] = sum(y[t], transposed(up, name + "mlp.c_proj"));
        }
        return y;
    }

    /** Softmax attention of the token at {@code t} over itself and those before it. */
    private double[] attend(double[] q, double[][] k, double[][] v, int t, int layer) {
        int size = config.headDimension();
        int window = config.slidingWindows().get(layer);
        int first = window > 0 ? Math.max(0, t - window + 1) : 0;
        double[] result = new double[q.length];
        for (int head = 0; head < config.attentionHeads(); head++) {
            int shared = head / (config.attentionHeads() / config.keyValueHeads());
            double[] p = new double[t + 1];
            double total = 0;
            for (int s = first; s <= t; s++) {
                double dot = 0;
                for (int i = 0; i < size; i++) {
                    dot += q[head * size + i] * k[s][shared * size + i];
                }
                p[s] = Math.exp(dot * config.attentionScales().get(layer));
                total += p[s];
            }
            for (int s = first; s <= t; s++) {
                for (int i = 0; i < size; i++) {
                    result[head * size + i] += p[s] / total * v[s][shared * size + i];
                }
            }
        }
        return result;
    }

    /** Norms a head where the model does, then rotates pair (j, j + D/2) by the token's position. */
    private void turn(double[] x, int at, int position, String norm) {
        int half = config.headDimension() / 2;
        if (weights.containsKey(norm + ".weight")) {
            double[] head = norm(Arrays.copyOfRange(x, at, at + 2 * half), norm);
            System.arraycopy(head, 0, x, at, head.length);
        }
        float[] frequencies = config.rope().orElseThrow().frequencies(2 * half);
        for (int j = 0; j < half; j++) {
            double cos = Math.cos(position * frequencies[j]);
            double sin = Math.sin(position * frequencies[j]);
            double a = x[at + j];
            double b = x[at + half + j];
            x[at + j] = a * cos - b * sin;
            x[at + half + j] = b * cos + a * sin;
        }
    }

    private double[] norm(double[] x, String name) {
        float[] weight = weights.get(name + ".weight");
        float[] bias = weights.get(name + ".bias");
        double mean = 0;
        if (bias != null) {
            for (double value : x) {
                mean += value / x.length;
            }
        }
        double variance = 0;
        for (double value : x) {
            variance += (value - mean) * (value - mean) / x.length;
        }
        double[] y = new double[x.length];
        for (int i = 0; i < y.length; i++) {
            y[i] = (x[i] - mean) / Math.sqrt(variance + config.normEpsilon()) * weight[i]
                    + (bias == null ? 0 : bias[i]);
        }
        return y;
    }

    private double activate(double x) {
        return switch (config.activation()) {
            case SILU -> x / (1 + Math.exp(-x));
            case RELU -> Math.max(0, x);
            case GELU -> 0.5 * x * (1 + erf(x / Math.sqrt(2)));
            case GELU_TANH -> 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
        };
    }

    /** By its series; within 1e-8 for |x| below 4, beyond which it is 1. */
    private static double erf(double x) {
        if (Math.abs(x) > 4) {
            return Math.signum(x);
        }
        double term = x;
        double sum = x;
        for (int n = 1; n < 80; n++) {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }
        return 2 / Math.sqrt(Math.PI) * sum;
    }

    private double[] linear(double[] x, String module) {
        return product(x, module + ".weight", weights.get(module + ".bias"));
    }

    private double[] product(double[] x, String name, float[] bias) {
        float[] weight = weights.get(name);
        double[] y = new double[weight.length / x.length];
        for (int o = 0; o < y.length; o++) {
            y[o] = bias == null ? 0 : bias[o];
            for (int i = 0; i < x.length; i++) {
                y[o] += weight[o * x.length + i] * x[i];
            }
        }
        return y;
    }

    private double[] transposed(double[] x, String module) {
        float[] weight = weights.get(module + ".weight");
        float[] bias = weights.get(module + ".bias");
        double[] y = new double[bias.length];
        for (int o = 0; o < y.length; o++) {
            y[o] = bias[o];
            for (int i = 0; i < x.length; i++) {
                y[o] += weight[i * y.length + o] * x[i];
            }
        }
        return y;
    }

    private double[] row(String name, int index) {
        float[] table = weights.get(name);
        double[] row = new double[config.hiddenSize()];
        for (int i = 0; i < row.length; i++) {
            row[i] = table[index * row.length + i];
        }
        return row;
    }

    private static double[] sum(double[] a, double[] b) {
        double[] sum = new double[a.length];
        Arrays.setAll(sum, i -> a[i] + b[i]);
        return sum;
    }
}
