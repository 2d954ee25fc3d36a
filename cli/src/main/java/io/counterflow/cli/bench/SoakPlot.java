package io.counterflow.cli.bench;

import io.counterflow.cli.plot.Drawing;
import io.counterflow.cli.plot.PlotStyle;
import java.awt.BasicStroke;
import java.awt.geom.Rectangle2D;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.XYLineAndShapeRenderer;
import org.jfree.chart.title.TextTitle;
import org.jfree.data.xy.XYSeries;
import org.jfree.data.xy.XYSeriesCollection;

/** Resident memory by round, from zero up. */
final class SoakPlot {

    private static final int WIDTH = 720;
    private static final int HEIGHT = 400;

    private final SoakReadings readings;
    private final String model;

    SoakPlot(SoakReadings readings, String model) {
        this.readings = readings;
        this.model = model;
    }

    /** Whether the file's name says what is to be written. */
    static boolean canWrite(Path file) {
        return isPng(file) || name(file).endsWith(".svg");
    }

    private static boolean isPng(Path file) {
        return name(file).endsWith(".png");
    }

    private static String name(Path file) {
        return file.getFileName().toString().toLowerCase(Locale.ROOT);
    }

    /**
     * Writes {@code .png} or {@code .svg}, as the file's name says.
     *
     * @throws IOException also where the machine has nothing to draw text with
     */
    void write(Path file) throws IOException {
        Drawing drawing = new Drawing(
                WIDTH, HEIGHT, graphics -> chart().draw(graphics, new Rectangle2D.Double(0, 0, WIDTH, HEIGHT)));
        if (isPng(file)) {
            drawing.writePng(file);
        } else {
            drawing.writeSvg(file);
        }
    }

    private JFreeChart chart() {
        XYSeries series = new XYSeries("resident set");
        readings.all().forEach(reading -> series.add(reading.round(), reading.kilobytes() / 1024.));
        XYLineAndShapeRenderer renderer = new XYLineAndShapeRenderer(true, true);
        renderer.setSeriesPaint(0, PlotStyle.BLUE);
        renderer.setSeriesStroke(0, new BasicStroke(2f));
        XYPlot plot = new XYPlot(
                new XYSeriesCollection(series), axis("training steps and sampling calls"), axis("MiB"), renderer);
        JFreeChart chart = PlotStyle.chart(plot);
        chart.setTitle(new TextTitle("Resident memory while training and sampling: " + model, PlotStyle.title(14)));
        return chart;
    }

    private static NumberAxis axis(String label) {
        NumberAxis axis = PlotStyle.axis(new NumberAxis(label));
        axis.setAutoRangeIncludesZero(true);
        return axis;
    }
}
