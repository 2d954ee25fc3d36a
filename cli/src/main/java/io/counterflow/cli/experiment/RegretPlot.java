package io.counterflow.cli.experiment;

import io.counterflow.cli.plot.Drawing;
import io.counterflow.cli.plot.PlotStyle;
import io.counterflow.trainer.experiment.Algorithm;
import io.counterflow.trainer.experiment.BanditExperiment;
import io.counterflow.trainer.experiment.Curve;
import io.counterflow.trainer.experiment.LimitCheck;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.Shape;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jfree.chart.ChartRenderingInfo;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.LegendItem;
import org.jfree.chart.LegendItemCollection;
import org.jfree.chart.axis.LogAxis;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.axis.ValueAxis;
import org.jfree.chart.block.BlockBorder;
import org.jfree.chart.plot.ValueMarker;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.DeviationRenderer;
import org.jfree.chart.title.LegendTitle;
import org.jfree.chart.title.TextTitle;
import org.jfree.chart.ui.HorizontalAlignment;
import org.jfree.chart.ui.Layer;
import org.jfree.chart.ui.RectangleEdge;
import org.jfree.chart.ui.RectangleInsets;
import org.jfree.data.xy.YIntervalSeries;
import org.jfree.data.xy.YIntervalSeriesCollection;

/**
 * Regret by epoch on a logarithmic scale: a line for the mean over seeds, a band for their range, a dashed line for the
 * exact limit, and the algorithm's name where its line ends.
 */
final class RegretPlot {

    private static final int WIDTH = 900;
    private static final int HEIGHT = 540;
    private static final int MARGIN_FOR_LABELS = 165;

    /** Below this the lines leave the plot. */
    private static final double FLOOR = 1e-6;

    private static final double CEILING = 1;
    private static final Color FAINTER = new Color(0xF3, 0xF3, 0xF3);
    private static final Font BOLD = PlotStyle.title(12);

    private final BanditExperiment experiment;
    private final List<Curve> curves;
    private final List<LimitCheck> checks;

    RegretPlot(BanditExperiment experiment, List<Curve> curves) {
        this.experiment = Objects.requireNonNull(experiment, "experiment");
        this.curves = List.copyOf(curves);
        this.checks = LimitCheck.of(curves);
    }

    /**
     * Writes {@code regret.png} and {@code regret.svg}.
     *
     * @throws IOException also where the machine has nothing to draw text with
     */
    void write(Path folder) throws IOException {
        JFreeChart chart = chart();
        Drawing drawing = new Drawing(WIDTH, HEIGHT, graphics -> draw(chart, graphics));
        drawing.writePng(folder.resolve("regret.png"));
        drawing.writeSvg(folder.resolve("regret.svg"));
    }

    private void draw(JFreeChart chart, Graphics2D graphics) {
        ChartRenderingInfo layout = new ChartRenderingInfo();
        chart.draw(graphics, new Rectangle2D.Double(0, 0, WIDTH, HEIGHT), layout);
        labelEnds(graphics, chart.getXYPlot(), layout.getPlotInfo().getDataArea());
    }

    private JFreeChart chart() {
        YIntervalSeriesCollection data = new YIntervalSeriesCollection();
        DeviationRenderer renderer = new DeviationRenderer(true, false);
        renderer.setAlpha(0.2f);
        for (LimitCheck check : checks) {
            int series = data.getSeriesCount();
            data.addSeries(series(check.algorithm()));
            renderer.setSeriesPaint(series, colour(check.algorithm()));
            renderer.setSeriesFillPaint(series, colour(check.algorithm()));
            renderer.setSeriesStroke(series, new BasicStroke(2f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        }
        XYPlot plot = new XYPlot(data, epochAxis(), regretAxis(), renderer);
        plot.setAxisOffset(RectangleInsets.ZERO_INSETS);
        plot.setInsets(new RectangleInsets(6, 8, 4, MARGIN_FOR_LABELS));
        plot.setDomainGridlinesVisible(false);
        plot.setRangeGridlineStroke(new BasicStroke(0.8f));
        plot.setRangeMinorGridlinesVisible(true);
        plot.setRangeMinorGridlineStroke(new BasicStroke(0.5f));
        plot.setRangeMinorGridlinePaint(FAINTER);
        for (LimitCheck check : checks) {
            plot.addRangeMarker(
                    new ValueMarker(
                            Math.max(check.algorithm().limit(), FLOOR / 10),
                            colour(check.algorithm()),
                            PlotStyle.dashes()),
                    Layer.BACKGROUND);
        }
        plot.setFixedLegendItems(legend());

        JFreeChart chart = PlotStyle.chart(plot);
        chart.setPadding(new RectangleInsets(10, 6, 6, 6));
        TextTitle title = new TextTitle(
                "Regret on the CoPG paper's bandit, learned from other policies' samples", PlotStyle.title(16));
        title.setHorizontalAlignment(HorizontalAlignment.LEFT);
        title.setPaint(PlotStyle.TEXT);
        title.setMargin(0, 14, 0, 0);
        chart.setTitle(title);
        TextTitle subtitle = new TextTitle(subtitle(), PlotStyle.FONT);
        subtitle.setHorizontalAlignment(HorizontalAlignment.LEFT);
        subtitle.setPaint(PlotStyle.TEXT);
        subtitle.setMargin(2, 14, 6, 0);
        chart.addSubtitle(subtitle);
        LegendTitle legend = new LegendTitle(plot);
        legend.setItemFont(PlotStyle.FONT);
        legend.setItemPaint(PlotStyle.TEXT);
        legend.setItemLabelPadding(new RectangleInsets(2, 4, 2, 14));
        legend.setFrame(BlockBorder.NONE);
        legend.setBackgroundPaint(Color.WHITE);
        legend.setPosition(RectangleEdge.BOTTOM);
        legend.setMargin(4, 0, 0, 0);
        chart.addSubtitle(legend);
        return chart;
    }

    private String subtitle() {
        return String.format(
                Locale.ROOT,
                "%,d pairs, %s, Adam at %s, batches of %d; log scale",
                experiment.pairs(),
                experiment.parametrisation().description(),
                experiment.learningRate(),
                experiment.batch());
    }

    private YIntervalSeries series(Algorithm algorithm) {
        YIntervalSeries series = new YIntervalSeries(algorithm.label());
        for (int epoch = 0; epoch <= experiment.epochs(); epoch++) {
            DoubleSummaryStatistics regret = regret(algorithm, epoch);
            series.add(epoch, drawable(regret.getAverage()), drawable(regret.getMin()), drawable(regret.getMax()));
        }
        return series;
    }

    private DoubleSummaryStatistics regret(Algorithm algorithm, int epoch) {
        return curves.stream()
                .filter(c -> c.algorithm() == algorithm)
                .mapToDouble(c -> c.regret()[epoch])
                .summaryStatistics();
    }

    /** A logarithm needs a positive number; this one is out of sight. */
    private static double drawable(double regret) {
        return Math.max(regret, FLOOR / 10);
    }

    private NumberAxis epochAxis() {
        NumberAxis axis = new NumberAxis("epoch");
        axis.setRange(0, experiment.epochs());
        axis.setStandardTickUnits(NumberAxis.createIntegerTickUnits());
        style(axis);
        return axis;
    }

    private static LogAxis regretAxis() {
        LogAxis axis = new DecadeAxis("regret  J(\u03c0*) \u2212 J(\u03c0)");
        axis.setRange(FLOOR, CEILING);
        axis.setMinorTickMarksVisible(true);
        style(axis);
        return axis;
    }

    private static void style(ValueAxis axis) {
        PlotStyle.axis(axis);
        axis.setAxisLinePaint(PlotStyle.TEXT);
        axis.setTickMarkPaint(PlotStyle.TEXT);
        axis.setTickMarkOutsideLength(4);
        axis.setMinorTickMarkOutsideLength(2);
    }

    private LegendItemCollection legend() {
        LegendItemCollection items = new LegendItemCollection();
        Shape line = new Line2D.Double(-12, 0, 12, 0);
        for (LimitCheck check : checks) {
            items.add(new LegendItem(
                    check.algorithm().label(), null, null, null, line, new BasicStroke(2f), colour(check.algorithm())));
        }
        int seeds = (int) curves.stream().mapToLong(Curve::seed).distinct().count();
        items.add(new LegendItem(
                seeds == 1 ? "one seed" : "range of " + seeds + " seeds",
                null,
                null,
                null,
                new Rectangle2D.Double(-12, -5, 24, 10),
                Color.LIGHT_GRAY));
        items.add(new LegendItem("exact limit", null, null, null, line, PlotStyle.dashes(), PlotStyle.TEXT));
        return items;
    }

    /** Names and numbers beside the ends of the lines, the lowest one within the plot where its line left it. */
    private void labelEnds(Graphics2D graphics, XYPlot plot, Rectangle2D area) {
        List<LimitCheck> downwards = checks.stream()
                .sorted(Comparator.comparingDouble(LimitCheck::lastEpoch).reversed())
                .toList();
        double free = area.getMinY();
        for (LimitCheck check : downwards) {
            int left = firstEpochBelowTheFloor(check.algorithm());
            if (left <= experiment.epochs()) {
                double x = plot.getDomainAxis().valueToJava2D(left, area, RectangleEdge.BOTTOM);
                label(graphics, check, "below 10\u207b\u2076 from epoch " + left, x + 8, area.getMaxY() - 24);
            } else {
                double y = plot.getRangeAxis().valueToJava2D(drawable(check.lastEpoch()), area, RectangleEdge.LEFT);
                double top = Math.max(free, y - 6);
                label(graphics, check, end(check), area.getMaxX() + 8, top + 10);
                free = top + 34;
            }
        }
    }

    private int firstEpochBelowTheFloor(Algorithm algorithm) {
        int epoch = experiment.epochs() + 1;
        while (epoch > 0 && regret(algorithm, epoch - 1).getAverage() < FLOOR) {
            epoch--;
        }
        return epoch;
    }

    private static String end(LimitCheck check) {
        return String.format(
                Locale.ROOT,
                "%.4f (limit %.4f)",
                check.measured(),
                check.algorithm().limit());
    }

    private static void label(Graphics2D graphics, LimitCheck check, String detail, double x, double baseline) {
        graphics.setColor(colour(check.algorithm()));
        graphics.setFont(BOLD);
        graphics.drawString(check.algorithm().label(), (float) x, (float) baseline);
        graphics.setColor(PlotStyle.TEXT);
        graphics.setFont(PlotStyle.FONT.deriveFont(11f));
        graphics.drawString(detail, (float) x, (float) baseline + 14);
    }

    /** Distinguishable with every kind of colour blindness, and dark enough for text. */
    private static Color colour(Algorithm algorithm) {
        return switch (algorithm) {
            case COPG -> new Color(0x00, 0x72, 0xB2);
            case PG_VALUE -> new Color(0x00, 0x9E, 0x73);
            case IPO -> new Color(0x99, 0x44, 0x88);
            case PG -> new Color(0xD5, 0x5E, 0x00);
        };
    }
}
