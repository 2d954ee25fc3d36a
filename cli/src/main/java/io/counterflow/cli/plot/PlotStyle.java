package io.counterflow.cli.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.axis.ValueAxis;
import org.jfree.chart.plot.XYPlot;

/** How every plot looks: dark grey text on white, a faint grid, no frame. */
public final class PlotStyle {

    /** Text, axes and lines that are no data. */
    public static final Color TEXT = new Color(0x33, 0x33, 0x33);

    /** Lines of the grid. */
    public static final Color GRID = new Color(0xE4, 0xE4, 0xE4);

    /** The first colour of data: distinguishable with every kind of colour blindness. */
    public static final Color BLUE = new Color(0x00, 0x72, 0xB2);

    /** Of everything but titles. */
    public static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 12);

    private PlotStyle() {}

    /** Gives an axis its font and colour. */
    public static <A extends ValueAxis> A axis(A axis) {
        axis.setLabelFont(FONT);
        axis.setLabelPaint(TEXT);
        axis.setTickLabelFont(FONT);
        axis.setTickLabelPaint(TEXT);
        return axis;
    }

    /** A chart of one plot on white, without a title and a legend. */
    public static JFreeChart chart(XYPlot plot) {
        plot.setBackgroundPaint(Color.WHITE);
        plot.setOutlineVisible(false);
        plot.setDomainGridlinePaint(GRID);
        plot.setRangeGridlinePaint(GRID);
        JFreeChart chart = new JFreeChart(null, FONT, plot, false);
        chart.setBackgroundPaint(Color.WHITE);
        return chart;
    }

    /** A title's font. */
    public static Font title(float size) {
        return FONT.deriveFont(Font.BOLD, size);
    }

    /** The line of a limit or of a diagonal. */
    public static BasicStroke dashes() {
        return new BasicStroke(1f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 1, new float[] {4, 3}, 0);
    }
}
