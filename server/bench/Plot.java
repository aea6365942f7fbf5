import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleFunction;

/**
 * Draws what {@code plot.sh} has measured, as SVG that can be read on light and on dark ground.
 *
 * <pre>java Plot.java latency|memory FIGURES.tsv PLOT.svg</pre>
 */
final class Plot {
    private static final int WIDTH = 760;
    private static final int HEIGHT = 440;
    private static final int LEFT = 74;
    private static final int RIGHT = 24;
    private static final int TOP = 76;
    private static final int BOTTOM = 58;
    /** A grey of the same contrast to white and to nearly black. */
    private static final String INK = "#7a7f87";
    private static final String BLUE = "#2f81f7";
    private static final String ORANGE = "#e3740b";

    private final StringBuilder svg = new StringBuilder();
    private final Axis x;
    private final Axis y;
    private int legendAt = LEFT;

    /** A row of the figures, by the names in the first line. */
    private record Row(Map<String, String> cells) {
        String text(String column) {
            return cells.get(column);
        }

        double number(String column) {
            return Double.parseDouble(cells.get(column));
        }
    }

    private record Point(double x, double y, boolean full) {}

    private record Axis(String title, double from, double to, boolean logarithmic, List<Double> ticks, DoubleFunction<String> label) {
        double share(double value) {
            return logarithmic
                    ? (Math.log(value) - Math.log(from)) / (Math.log(to) - Math.log(from))
                    : (value - from) / (to - from);
        }
    }

    private Plot(String title, Axis x, Axis y) {
        this.x = x;
        this.y = y;
        add("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\""
                + " font-family=\"system-ui, sans-serif\" font-size=\"13\" fill=\"%s\">", WIDTH, HEIGHT, WIDTH, HEIGHT, INK);
        add("<title>%s</title>", title);
        add("<text x=\"%d\" y=\"24\" font-size=\"16\" font-weight=\"600\">%s</text>", LEFT, title);
        frame();
    }

    public static void main(String[] arguments) throws IOException {
        List<Row> rows = read(Path.of(arguments[1]));
        Plot plot = arguments[0].equals("latency") ? latency(rows) : memory(rows);
        Files.writeString(Path.of(arguments[2]), plot.svg + "</svg>\n");
    }

    /** The lines of a table after those that begin with {@code #}. */
    private static List<Row> read(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file).stream().filter(line -> !line.startsWith("#")).toList();
        String[] names = lines.get(0).split("\t");
        List<Row> rows = new ArrayList<>();
        for (String line : lines.subList(1, lines.size())) {
            String[] values = line.split("\t");
            Map<String, String> cells = new LinkedHashMap<>();
            for (int i = 0; i < names.length; i++) {
                cells.put(names[i], values[i]);
            }
            rows.add(new Row(cells));
        }
        return rows;
    }

    private static Plot latency(List<Row> rows) {
        double lowest = rows.stream().mapToDouble(row -> row.number("p50_us")).min().orElseThrow() / 1000;
        double highest = rows.stream().mapToDouble(row -> row.number("p99_us")).max().orElseThrow() / 1000;
        double most = rows.stream().mapToDouble(row -> row.number("offered")).max().orElseThrow();
        Plot plot = new Plot(
                "Time of a plain request over the load that is offered",
                linear("requests/s offered (hollow marks: less than 98 % of them were answered)", most),
                logarithmic("time of a request, ms", lowest, highest));
        Map<String, String> colours = new LinkedHashMap<>();
        colours.put("llmproxy", BLUE);
        colours.put("nginx", ORANGE);
        colours.put("direct", INK);
        colours.forEach((name, colour) -> {
            plot.series(name + " p99", colour, "6 4", points(rows, name, "p99_us"));
            plot.series(name + " p50", colour, "", points(rows, name, "p50_us"));
        });
        return plot;
    }

    private static List<Point> points(List<Row> rows, String name, String column) {
        return rows.stream()
                .filter(row -> row.text("name").equals(name))
                .map(row -> new Point(
                        row.number("offered"),
                        row.number(column) / 1000,
                        row.number("answered") >= 0.98 * row.number("offered")))
                .toList();
    }

    private static Plot memory(List<Row> rows) {
        List<Point> resident = rows.stream()
                .map(row -> new Point(row.number("streams"), row.number("resident_kib") / 1024, true))
                .toList();
        List<Point> heap = rows.stream()
                .map(row -> new Point(row.number("streams"), row.number("heap_kib") / 1024, true))
                .toList();
        double most = resident.stream().mapToDouble(Point::x).max().orElseThrow();
        double highest = resident.stream().mapToDouble(Point::y).max().orElseThrow();
        Plot plot = new Plot(
                "Memory of LLMProxy over open, silent streams", linear("open streams", most), linear("MiB", highest));
        double slope = slope(resident);
        double base = mean(resident, false) - slope * mean(resident, true);
        plot.series("resident", BLUE, "", resident);
        plot.series("live heap", ORANGE, "", heap);
        plot.line(String.format(Locale.ROOT, "%.0f MiB + %.1f KiB a stream", base, slope * 1024), INK, "2 4",
                List.of(new Point(0, base, true), new Point(most, base + slope * most, true)));
        return plot;
    }

    /** Of the straight line with the least squares. */
    private static double slope(List<Point> points) {
        double meanX = mean(points, true);
        double meanY = mean(points, false);
        double both = 0;
        double squares = 0;
        for (Point point : points) {
            both += (point.x - meanX) * (point.y - meanY);
            squares += (point.x - meanX) * (point.x - meanX);
        }
        return squares == 0 ? 0 : both / squares;
    }

    private static double mean(List<Point> points, boolean ofX) {
        return points.stream().mapToDouble(point -> ofX ? point.x : point.y).average().orElseThrow();
    }

    /** From 0, with about eight ticks at round numbers. */
    private static Axis linear(String title, double highest) {
        double step = Math.pow(10, Math.floor(Math.log10(highest / 5)));
        step *= highest / step > 40 ? 10 : highest / step > 20 ? 5 : highest / step > 8 ? 2 : 1;
        List<Double> ticks = new ArrayList<>();
        for (int i = 0; (i - 1) * step < highest; i++) {
            ticks.add(i * step);
        }
        return new Axis(title, 0, ticks.get(ticks.size() - 1), false, ticks, value -> String.format(Locale.ROOT, "%,.0f", value));
    }

    /** With ticks at 1, 2 and 5 times the powers of ten. */
    private static Axis logarithmic(String title, double lowest, double highest) {
        List<Double> ticks = new ArrayList<>();
        for (int power = -4; power < 9; power++) {
            for (int digit : new int[] {1, 2, 5}) {
                ticks.add(digit * Math.pow(10, power));
            }
        }
        while (ticks.get(1) <= lowest) {
            ticks.remove(0);
        }
        while (ticks.get(ticks.size() - 2) >= highest) {
            ticks.remove(ticks.size() - 1);
        }
        return new Axis(title, ticks.get(0), ticks.get(ticks.size() - 1), true, ticks,
                value -> value >= 1 ? String.format(Locale.ROOT, "%,.0f", value) : String.format(Locale.ROOT, "%.3g", value).replaceAll("0+$", ""));
    }

    private void frame() {
        int bottom = HEIGHT - BOTTOM;
        int right = WIDTH - RIGHT;
        for (double tick : y.ticks) {
            add("<path d=\"M%d %.1fH%d\" stroke=\"%s\" stroke-opacity=\".25\"/>", LEFT, yOf(tick), right, INK);
            add("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>", LEFT - 8, yOf(tick) + 4.5, y.label.apply(tick));
        }
        for (double tick : x.ticks) {
            add("<path d=\"M%.1f %dv5\" stroke=\"%s\"/>", xOf(tick), bottom, INK);
            add("<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>", xOf(tick), bottom + 20, x.label.apply(tick));
        }
        add("<path d=\"M%d %dV%dH%d\" fill=\"none\" stroke=\"%s\"/>", LEFT, TOP, bottom, right, INK);
        add("<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>", (LEFT + right) / 2, HEIGHT - 14, x.title);
        add("<text transform=\"translate(18 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>", (TOP + bottom) / 2, y.title);
    }

    /** A line with a mark at each point, which is hollow where the point is not full. */
    private void series(String name, String colour, String dashes, List<Point> points) {
        if (!points.isEmpty()) {
            line(name, colour, dashes, points);
            for (Point point : points) {
                add("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%s\" stroke=\"%s\" stroke-width=\"1.5\" fill=\"%s\"/>",
                        xOf(point.x), yOf(point.y), point.full ? "3" : "5", colour, point.full ? colour : "none");
            }
        }
    }

    private void line(String name, String colour, String dashes, List<Point> points) {
        StringBuilder path = new StringBuilder();
        for (Point point : points) {
            path.append(String.format(Locale.ROOT, "%s%.1f %.1f", path.isEmpty() ? "M" : "L", xOf(point.x), yOf(point.y)));
        }
        String stroke = "fill=\"none\" stroke-width=\"2\" stroke=\"" + colour + "\""
                + (dashes.isEmpty() ? "" : " stroke-dasharray=\"" + dashes + "\"");
        add("<path d=\"%s\" %s/>", path, stroke);
        add("<path d=\"M%d 48h24\" %s/><text x=\"%d\" y=\"52\">%s</text>", legendAt, stroke, legendAt + 29, name);
        legendAt += 42 + name.length() * 7;
    }

    private double xOf(double value) {
        return LEFT + x.share(value) * (WIDTH - RIGHT - LEFT);
    }

    private double yOf(double value) {
        return HEIGHT - BOTTOM - y.share(value) * (HEIGHT - BOTTOM - TOP);
    }

    private void add(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
