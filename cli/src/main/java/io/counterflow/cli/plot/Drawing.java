package io.counterflow.cli.plot;

import io.counterflow.files.WholeFile;
import java.awt.Dimension;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.Consumer;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.apache.batik.svggen.SVGGraphics2D;
import org.w3c.dom.Document;

/**
 * A picture that can be drawn any number of times.
 *
 * @param width in points
 * @param height in points
 * @param painter draws it
 */
public record Drawing(int width, int height, Consumer<Graphics2D> painter) {

    private static final int PIXELS_A_POINT = 2;

    public Drawing {
        Objects.requireNonNull(painter, "painter");
    }

    /**
     * Writes it as PNG, two pixels a point.
     *
     * @throws IOException also where the machine has nothing to draw text with
     */
    public void writePng(Path file) throws IOException {
        BufferedImage image =
                new BufferedImage(width * PIXELS_A_POINT, height * PIXELS_A_POINT, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
        graphics.scale(PIXELS_A_POINT, PIXELS_A_POINT);
        paint(graphics);
        graphics.dispose();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(image, "png", bytes);
        WholeFile.write(file, bytes.toByteArray());
    }

    /**
     * Writes it as SVG.
     *
     * @throws IOException also where the machine has nothing to draw text with
     */
    public void writeSvg(Path file) throws IOException {
        WholeFile.write(file, svg());
    }

    /**
     * The document as SVG.
     *
     * @throws IOException where the machine has nothing to draw text with
     */
    public String svg() throws IOException {
        SVGGraphics2D graphics = new SVGGraphics2D(emptyDocument());
        graphics.setSVGCanvasSize(new Dimension(width, height));
        paint(graphics);
        StringWriter text = new StringWriter();
        graphics.stream(text, true);
        return text.toString();
    }

    private void paint(Graphics2D graphics) throws IOException {
        try {
            painter.accept(graphics);
        } catch (InternalError | LinkageError e) {
            throw new IOException(
                    "cannot draw text for the plots; install fontconfig and a font, such as fonts-dejavu-core", e);
        }
    }

    private static Document emptyDocument() {
        try {
            return DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .getDOMImplementation()
                    .createDocument("http://www.w3.org/2000/svg", "svg", null);
        } catch (ParserConfigurationException e) {
            throw new IllegalStateException("the JDK's XML parser has no default configuration", e);
        }
    }
}
