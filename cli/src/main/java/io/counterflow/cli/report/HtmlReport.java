package io.counterflow.cli.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Renders a {@link RunSummary} as one HTML page that needs nothing else: the plotting library and the data are in it. Thread-safe. */
public final class HtmlReport {

    /** The plotting library, on the class path. */
    public static final String CHARTS = "META-INF/resources/webjars/echarts/5.5.0/echarts.common.min.js";

    private final ObjectMapper json = new ObjectMapper()
            .registerModule(new JavaTimeModule())
            .registerModule(new Jdk8Module())
            .registerModule(new FiniteNumbers())
            .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS);

    /** The page of one run. */
    public String render(RunSummary summary) {
        return render("report.html", summary);
    }

    /** The page of several. */
    public String render(RunComparison comparison) {
        return render(
                "comparison.html",
                Map.of(
                        "rows",
                        comparison.rows(),
                        "runs",
                        comparison.runs(),
                        "recipes",
                        comparison.recipes(),
                        "remarks",
                        comparison.remarks()));
    }

    private String render(String template, Object content) {
        try {
            // "</" inside a script element would end it.
            String data = json.writeValueAsString(content).replace("</", "<\\/");
            return own(template)
                    .replace("/*STYLE*/", own("page.css"))
                    .replace("/*PAGE*/", own("page.js"))
                    .replace("/*ECHARTS*/", resource("/" + CHARTS).replace("</script", "<\\/script"))
                    .replace("/*DATA*/null", data);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a run summary must be writable as JSON", e);
        }
    }

    private static String own(String name) {
        return resource("/io/counterflow/cli/report/" + name);
    }

    private static String resource(String name) {
        try (InputStream in = HtmlReport.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is missing from the class path");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
