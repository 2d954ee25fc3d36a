package io.counterflow.cli.scores;

import io.counterflow.cli.plot.Drawing;
import io.counterflow.cli.plot.PlotStyle;
import io.counterflow.cli.report.Figures;
import io.counterflow.files.WholeFile;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Rectangle2D;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.apache.commons.text.StringEscapeUtils;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.annotations.XYLineAnnotation;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.XYLineAndShapeRenderer;
import org.jfree.chart.title.TextTitle;
import org.jfree.data.xy.XYSeries;
import org.jfree.data.xy.XYSeriesCollection;

/** One scorer's values against another's; the dashed line is where both say the same. */
final class ScatterPlot {

    private static final int WIDTH = 640;
    private static final int HEIGHT = 600;
    private static final int MOST_POINTS = 5000;
    private static final Color POINT =
            new Color(PlotStyle.BLUE.getRed(), PlotStyle.BLUE.getGreen(), PlotStyle.BLUE.getBlue(), 0x60);

    private final ScoreComparison comparison;
    private final String facts;

    /** @param facts what is said below the plot on a page, as plain text */
    ScatterPlot(ScoreComparison comparison, String facts) {
        this.comparison = comparison;
        this.facts = facts;
    }

    /**
     * Writes {@code .png}, {@code .svg}, or a self-contained page {@code .html}, as the file's name says.
     *
     * @throws IllegalArgumentException for another name
     * @throws IOException also where the machine has nothing to draw text with
     */
    void write(Path file) throws IOException {
        Drawing drawing = new Drawing(WIDTH, HEIGHT, this::paint);
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(".png")) {
            drawing.writePng(file);
        } else if (name.endsWith(".svg")) {
            drawing.writeSvg(file);
        } else if (name.endsWith(".html")) {
            WholeFile.write(file, page(drawing.svg()));
        } else {
            throw new IllegalArgumentException(
                    "--output " + file + ": name it .html, .svg or .png, which says what is written");
        }
    }

    private String page(String svg) {
        String title = StringEscapeUtils.escapeHtml4(comparison.first() + " and " + comparison.second());
        return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + title + "</title>\n"
                + "<style>body{font-family:sans-serif;margin:2em;color:#333}pre{line-height:1.4}</style></head>\n<body>\n"
                // What comes before is the XML declaration, which a page cannot have inside.
                + svg.substring(svg.indexOf("<svg")) + "\n<pre>" + StringEscapeUtils.escapeHtml4(facts)
                + "</pre>\n</body></html>\n";
    }

    private void paint(Graphics2D graphics) {
        chart().draw(graphics, new Rectangle2D.Double(0, 0, WIDTH, HEIGHT));
    }

    private JFreeChart chart() {
        List<double[]> values = comparison.values();
        int every = (values.size() + MOST_POINTS - 1) / MOST_POINTS;
        XYSeries series = new XYSeries("completions", false, true);
        double least = Double.POSITIVE_INFINITY;
        double greatest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < values.size(); i += Math.max(1, every)) {
            double[] both = values.get(i);
            series.add(both[0], both[1]);
            least = Math.min(least, Math.min(both[0], both[1]));
            greatest = Math.max(greatest, Math.max(both[0], both[1]));
        }
        XYLineAndShapeRenderer renderer = new XYLineAndShapeRenderer(false, true);
        renderer.setSeriesShape(0, new Ellipse2D.Double(-3, -3, 6, 6));
        renderer.setSeriesPaint(0, POINT);
        XYPlot plot = new XYPlot(
                new XYSeriesCollection(series),
                axis(comparison.first().toString()),
                axis(comparison.second().toString()),
                renderer);
        plot.addAnnotation(new XYLineAnnotation(least, least, greatest, greatest, PlotStyle.dashes(), PlotStyle.TEXT));
        JFreeChart chart = PlotStyle.chart(plot);
        chart.setTitle(new TextTitle(
                String.format(
                        Locale.ROOT,
                        "%d completions%s, Spearman %s",
                        values.size(),
                        every > 1 ? " (every " + every + "th drawn)" : "",
                        Figures.number(comparison.spearman(), 3)),
                PlotStyle.title(14)));
        return chart;
    }

    private static NumberAxis axis(String label) {
        NumberAxis axis = PlotStyle.axis(new NumberAxis(label));
        axis.setAutoRangeIncludesZero(false);
        return axis;
    }
}
