package io.counterflow.cli.experiment;

import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;
import org.jfree.chart.axis.LogAxis;
import org.jfree.chart.axis.NumberTick;
import org.jfree.chart.axis.TickType;
import org.jfree.chart.ui.RectangleEdge;
import org.jfree.chart.ui.TextAnchor;

/**
 * A vertical logarithmic axis with a labelled tick at every power of ten and minor ticks at its multiples. The library's
 * own leaves out the power at the lower end and draws its labels above the ticks.
 */
final class DecadeAxis extends LogAxis {

    private static final long serialVersionUID = 1;

    private static final String SUPERSCRIPTS = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079";

    DecadeAxis(String label) {
        super(label);
    }

    @Override
    protected List<NumberTick> refreshTicksVertical(Graphics2D graphics, Rectangle2D area, RectangleEdge edge) {
        List<NumberTick> ticks = new ArrayList<>();
        long lowest = Math.round(Math.log10(getRange().getLowerBound()));
        long highest = Math.round(Math.log10(getRange().getUpperBound()));
        for (long exponent = lowest; exponent <= highest; exponent++) {
            double power = Math.pow(10, exponent);
            ticks.add(tick(TickType.MAJOR, power, label(exponent)));
            for (int multiple = 2; multiple <= 9 && exponent < highest; multiple++) {
                ticks.add(tick(TickType.MINOR, multiple * power, ""));
            }
        }
        return ticks;
    }

    private static NumberTick tick(TickType type, double value, String label) {
        return new NumberTick(type, value, label, TextAnchor.CENTER_RIGHT, TextAnchor.CENTER, 0);
    }

    private static String label(long exponent) {
        if (exponent == 0) {
            return "1";
        }
        StringBuilder label = new StringBuilder("10").append(exponent < 0 ? "\u207b" : "");
        Long.toString(Math.abs(exponent)).chars().forEach(digit -> label.append(SUPERSCRIPTS.charAt(digit - '0')));
        return label.toString();
    }
}
