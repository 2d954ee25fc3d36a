package io.counterflow.cli.report;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import java.io.IOException;

/** Writes a number that is not finite as null: JSON has none, and a text that reads NaN is another thing. */
public final class FiniteNumbers extends SimpleModule {

    private static final long serialVersionUID = 1;

    /** For doubles, as values and as objects. */
    public FiniteNumbers() {
        addSerializer(Double.class, new Finite());
        addSerializer(double.class, new Finite());
    }

    private static final class Finite extends StdSerializer<Double> {

        private static final long serialVersionUID = 1;

        private Finite() {
            super(Double.class);
        }

        @Override
        public void serialize(Double value, JsonGenerator out, SerializerProvider provider) throws IOException {
            if (Double.isFinite(value)) {
                out.writeNumber(value);
            } else {
                out.writeNull();
            }
        }
    }
}
